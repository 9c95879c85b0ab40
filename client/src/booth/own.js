/** The booth's look at itself: is what is served the signed page, under exactly the policy that follows from the manifest? */

import { sha256, toBase64 } from "../protocol/bytes.js";
import { canonical } from "../protocol/canonical.js";
import { BoothError, request } from "./api.js";

/** Fetches the page once more; throws `booth.page` or `booth.policy`. @param {import("../protocol/manifest.js").Manifest} manifest @param {string} address @param {string} language */
export async function pageCheck(manifest, address, language) {
  // The page as this tab has it: the relay only says that it is still the same.
  const { headers, content } = await request(address, "relay", { cache: "no-cache" });
  const hash = toBase64(new Uint8Array(await crypto.subtle.digest("SHA-384", content)));
  if (manifest.booth.pages[language] !== `sha384-${hash}`) throw new BoothError("booth.page", { node: "relay" });
  const policy = headers.get("Content-Security-Policy");
  if (policy !== (await policyOf(manifest))) throw new BoothError("booth.policy", { node: "relay" });
}

/** The content policy of every page of a manifest: calls go to relay and nodes only (§20.2). @param {import("../protocol/manifest.js").Manifest} manifest */
export async function policyOf({ relay, booth, nodes }) {
  const modules = Object.entries(booth.files).filter(([path]) => path.endsWith(".js"));
  const integrity = Object.fromEntries(modules.map(([path, hash]) => [`/booth/${booth.release}/${path}`, hash]));
  const map = toBase64(await sha256(canonical({ integrity })));
  const folder = `${new URL(relay.url).origin}/booth/${booth.release}/`;
  const calls = nodes.map((node) => new URL(node.url).origin).join(" ");
  return [
    ...["default-src 'none'", `script-src ${folder} 'sha256-${map}'`, `style-src ${folder}`, "img-src 'self'"],
    ...[`connect-src 'self' ${calls}`, "form-action 'none'", "base-uri 'none'", "frame-ancestors 'none'"],
    ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
  ].join("; ");
}
