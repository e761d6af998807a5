/** Where in a text the server found something wrong: the field `rows.3.columns.2` of its answer. Pure. */

export interface BadPlace {
  /** Line of the text, from 1. */
  row: number;
  /** Column, from 1; 0 for the whole line. */
  column: number;
}

export function badPlace(field: string | null): BadPlace | null {
  const match = /^rows\.(\d+)(?:\.columns\.(\d+))?$/.exec(field ?? '');
  return match ? { row: Number(match[1]), column: Number(match[2] ?? 0) } : null;
}

export interface Line {
  number: number;
  text: string;
  bad: boolean;
}

/** The line and its neighbours, cut to what fits on a line. */
export function excerpt(text: string, { row }: BadPlace, around = 1, longest = 120): Line[] {
  const lines = text.split(/\r\n|\n|\r/);
  const from = Math.max(1, row - around);
  const until = Math.min(lines.length, row + around);
  return Array.from({ length: Math.max(0, until - from + 1) }, (_, i) => {
    const line = lines[from + i - 1]!;
    const cut = line.length > longest ? `${line.slice(0, longest)}…` : line;
    return { number: from + i, text: cut, bad: from + i === row };
  });
}
