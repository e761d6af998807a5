/** A list of formulas as its members: split at commas before a space that stand in no bracket. Pure. */
export function formulaLines(latex: string): string[] {
  const lines: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < latex.length; i++) {
    const sign = latex[i]!;
    if (sign === '\\' && /[{}()[\]]/.test(latex[i + 1] ?? '')) i += 1;
    else if ('({['.includes(sign)) depth += 1;
    else if (')}]'.includes(sign)) depth -= 1;
    else if (latex.startsWith('\\begin', i)) depth += 1;
    else if (latex.startsWith('\\end', i)) depth -= 1;
    else if (sign === ',' && depth === 0 && latex[i - 1] !== '\\') {
      const space = /^,\s*(\\[;:,! ]|\\q?quad)\s*/.exec(latex.slice(i));
      if (!space) continue;
      lines.push(latex.slice(start, i + 1));
      start = i + space[0].length;
      i = start - 1;
    }
  }
  return [...lines, latex.slice(start)];
}
