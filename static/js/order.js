// Bring a list's rows into order with as few moves as there can be: rows of a longest rising run stay where they are,
// so focus, selection and scrolling survive. Where the browser can, a moved row keeps them too.

export const ROWS = "tr, .rep, .activity, .attention__row"; // of any list

// Returns the positions, within `numbers`, of a longest strictly rising run.
function longestRun(numbers) {
  const ends = [];
  const before = new Array(numbers.length);
  numbers.forEach((number, position) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[ends[middle]] < number) low = middle + 1;
      else high = middle;
    }
    before[position] = low > 0 ? ends[low - 1] : -1;
    ends[low] = position;
  });
  const run = new Set();
  for (let position = ends.at(-1) ?? -1; position >= 0; position = before[position]) run.add(position);
  return run;
}

// `ids` is the whole order; `fresh` holds rows that are not in the page yet, by id.
export function arrange(list, ids, fresh) {
  const rank = new Map(ids.map((id, position) => [id, position]));
  const kept = [...list.children].filter((row) => rank.has(row.id));
  const run = longestRun(kept.map((row) => rank.get(row.id)));
  const still = new Set(kept.filter((_row, position) => run.has(position)));
  const put = (row, next) => (list.moveBefore && row.isConnected ? list.moveBefore(row, next) : list.insertBefore(row, next));
  let next = null;
  for (const id of [...ids].reverse()) {
    const row = fresh.get(id) ?? document.getElementById(id);
    if (!row) continue;
    if (!still.has(row)) put(row, next);
    next = row;
  }
}

// Returns how many of the rows in the page `arrange` would move.
export function countMoves(list, ids) {
  const rank = new Map(ids.map((id, position) => [id, position]));
  const ranks = [...list.children].filter((row) => rank.has(row.id)).map((row) => rank.get(row.id));
  return ranks.length - longestRun(ranks).size;
}
