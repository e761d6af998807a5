/** A formula, once in symbols and once with numbers, as LaTeX. */
export interface FormulaLine {
  readonly symbols: string;
  /** Empty where the symbols say all. */
  readonly numbers: string;
}
