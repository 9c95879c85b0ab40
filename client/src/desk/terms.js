/** Whether the page says what was signed: every term that it shows, compared with the manifest. */

import { refuse } from "../protocol/bytes.js";
import { canonical } from "../protocol/canonical.js";

/** @param {import("../lists/request.js").Request} request @param {any} said */
export function sameTerms(request, said) {
  const { format: _format, ...asked } = request.request;
  const signed = {
    request: asked,
    requester: request.requester.name,
    coordinator: request.coordinator.name,
    owners: request.owners.map(({ name }) => name),
    approvals: [request.terms.approvals.needed, request.terms.approvals.approvers.map((/** @type {any} */ one) => one.name)],
    sizes: [request.sizes.first, request.sizes.others],
    consenting: request.consenting.closes.getTime(),
    contributing: request.contributing.closes.getTime(),
  };
  const [one, two] = [signed, said].map((terms) => new TextDecoder().decode(canonical(terms)));
  if (one !== two) refuse("page.differs", "The page says something else than what was signed.");
}
