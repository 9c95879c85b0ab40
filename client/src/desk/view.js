/** The few ways in which a page of the desk is touched: shown, hidden, filled with text. Never with markup. */

/** @param {string} id @returns {any} */
export const pick = (id) => document.getElementById(id) ?? missing(id);

/** @param {string} id @returns {never} */
function missing(id) {
  throw new Error(`The page has no ${id}.`);
}

/** @param {string} id @param {boolean} [isShown] */
export const show = (id, isShown = true) => {
  pick(id).hidden = !isShown;
};

/** @param {string} id @param {string | number} text */
export const say = (id, text) => {
  pick(id).textContent = typeof text === "number" ? text.toLocaleString(document.documentElement.lang) : text;
};

/** The page's own words for a code, or for `other`, or the code. @param {string} id @param {string} code */
export const words = (id, code) =>
  (pick(id).querySelector(`[data-code="${CSS.escape(code)}"]`) ?? pick(id).querySelector('[data-code="other"]'))?.textContent ?? code;

/** Rows of a table: the first cell is a heading. @param {string} id @param {string[][]} rows @param {string[]} heads shown on narrow screens */
export function fill(id, rows, heads) {
  const made = rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(
      ...cells.map((text, at) => {
        const cell = document.createElement(at ? "td" : "th");
        cell.textContent = text;
        if (at) cell.dataset.th = heads[at] ?? "";
        else cell.setAttribute("scope", "row");
        return cell;
      }),
    );
    return row;
  });
  pick(id).replaceChildren(...made);
}

/** The column headings above a table's body. @param {string} id @returns {string[]} */
export const heads = (id) => [...pick(id).closest("table").querySelectorAll("thead th")].map((cell) => cell.textContent ?? "");

/** @param {string} id @param {() => unknown} work */
export const onPress = (id, work) => pick(id).addEventListener("click", () => void work());

/** @param {string} id of a heading: what comes next is read from there */
export const go = (id) => {
  pick(id).scrollIntoView({ block: "start" });
  pick(id).focus({ preventScroll: true });
};
