/**
 * A formula of the catalogue, worked line by line: every line in symbols, with the step's numbers, and its value. What a
 * parameter of zero or one makes of a line goes without saying, and is left out. Pure.
 */
import type { Variant } from '../../protocol/messages';
import { calculate, parse, simplify, type Node, type Values } from './expression';
import { latexNumber, write } from './latex';

export type Working = NonNullable<Variant['working']>;

export interface WorkedLine {
  readonly name: string;
  readonly symbols: string;
  readonly numbers: string;
  readonly value: number;
}

export interface Given {
  /** How many elements names may range over: outputs of a sample, or numbers of a tensor. */
  readonly size: number;
  /** Parameters and what else is the same for every element. */
  readonly constants: Readonly<Record<string, number>>;
  /** The value of another name, before any line, at an element. */
  readonly at: (name: string, element: number) => number;
  /** Names that several lines of the page call otherwise: "z_k" is "z" where there is only one output. */
  readonly symbol?: (latex: string) => string;
  /** Constants that are left out of a line where they are 0 or 1. */
  readonly trivial: ReadonlySet<string>;
}

interface Active {
  readonly name: string;
  readonly node: Node;
}

export class Worksheet {
  private readonly lines: readonly Active[];
  /** What goes over all elements, as it was before each line. */
  private readonly kept: Map<Node, number>[] = [];

  constructor(
    private readonly working: Working,
    private readonly given: Given,
  ) {
    const known = new Map(
      Object.entries(given.constants).filter(
        ([name, value]) => given.trivial.has(name) && (value === 0 || value === 1),
      ),
    );
    const lines: Active[] = [];
    this.lines = lines;
    for (const line of working.lines) {
      if (line.when && !calculate(parse(line.when), this.upTo(lines.length), 0)) continue;
      lines.push({ name: line.name, node: simplify(parse(line.expression), known) });
    }
  }

  /** All lines for one element. Lines that only give a name to one number more are kept: they are in the formula. */
  work(element: number, otherwise: string): WorkedLine[] {
    return this.lines.map(({ name, node }, place) => {
      const values = this.upTo(place);
      const symbol = (of: string) => this.symbol(of);
      const style = { name: symbol, running: (of: string) => this.running(of), element, otherwise };
      const value = calculate(node, values, element);
      const renewed = this.given.constants[name] === undefined && this.isRead(name, place);
      const arrow = renewed ? '\\leftarrow' : '=';
      const numbers = write(node, { ...style, values });
      const result = latexNumber(value);
      return {
        name,
        symbols: `${symbol(name)} ${arrow} ${write(node, { ...style, values: null })}`,
        numbers: numbers === result ? `= ${result}` : `= ${numbers} = ${result}`,
        value,
      };
    });
  }

  /** Whether a line up to `place` reads the name that it writes, or the name existed before. */
  private isRead(name: string, place: number): boolean {
    return name === 'w' || name in this.working.slots || this.lines.slice(0, place).some((line) => line.name === name);
  }

  private symbol(name: string): string {
    const latex = this.running(name);
    return this.given.symbol?.(latex) ?? latex;
  }

  private running(name: string): string {
    return this.working.symbols[name] ?? `\\text{${name}}`;
  }

  /** What names are worth before line `place`. */
  private upTo(place: number): Values {
    const { given, lines } = this;
    const at = (name: string, element: number): number => {
      for (let line = place - 1; line >= 0; line--) {
        if (lines[line]!.name === name) return calculate(lines[line]!.node, this.upTo(line), element);
      }
      return given.constants[name] ?? given.at(name, element);
    };
    return { at, size: given.size, kept: (this.kept[place] ??= new Map()) };
  }
}
