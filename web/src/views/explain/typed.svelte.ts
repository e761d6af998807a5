/** What is typed for a number that the run has, until the run has it. */
import { parseNumber } from '../controls/number';

export class TypedNumber {
  /** null: nothing is typed, and the field follows the number. */
  text = $state<string | null>(null);
  wrong = $state(false);
  /** What was asked for and has not come yet: it stays in the field till then. */
  private sent: string | null = null;

  /** Asks for the number that was typed, where it is one and another than that there is. */
  commit(present: number, ask: (number: number) => void): void {
    if (this.text === null) return;
    const number = parseNumber(this.text);
    this.wrong = number === null || !Number.isFinite(Math.fround(number));
    if (number === null || this.wrong) return;
    if (Math.fround(number) === present) return this.forget();
    this.sent = this.text;
    ask(number);
  }

  /** The run has another number. What has been typed since the last one was asked for stays. */
  follow(): void {
    if (this.text === this.sent) this.forget();
    this.sent = null;
  }

  forget(): void {
    this.text = this.sent = null;
    this.wrong = false;
  }
}
