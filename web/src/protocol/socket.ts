/** Drives the connection to one run: opens, probes, waits, says hello, acknowledges. */

import { decodeMessage } from './decode';
import { backoff, initialLink, transition, type LinkEvent, type LinkPhase } from './link';
import type { Downstream, Upstream } from './messages';

export interface SocketOwner {
  /** The first message of every connection; carries `since` so that the series continue without a gap. */
  hello(): Upstream;
  /** Takes one message. A frame is acknowledged when this returns. */
  take(message: Downstream): void;
  /** Whether the run still exists. */
  probe(): Promise<'alive' | 'unknown' | 'unreachable'>;
  /** `code` is why the last connection was closed, `wait` the milliseconds until the next attempt. */
  changed(phase: LinkPhase, code: number, wait: number): void;
}

export class RunSocket {
  private link = initialLink;
  private socket: WebSocket | null = null;
  private code = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly address: string,
    private readonly owner: SocketOwner,
  ) {}

  open(): void {
    this.step('start');
  }

  close(): void {
    this.step('close');
  }

  /** Drops the connection and comes back, for when what arrived does not fit what is here. */
  restart(): void {
    this.socket?.close();
  }

  /** Tries at once instead of waiting out the backoff, if it does wait (the network is back, the tab is looked at). */
  hurry(): boolean {
    if (this.link.phase !== 'waiting') return false;
    this.step('timer');
    return true;
  }

  /** Sends a command; false when there is no connection to send it over. */
  send(message: Upstream): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  private step(event: LinkEvent): void {
    const before = this.link.phase;
    const { state, effect } = transition(this.link, event);
    this.link = state;
    let wait = 0;
    if (effect !== null) clearTimeout(this.timer);
    if (effect === 'open') this.connect();
    else if (effect === 'wait') {
      wait = backoff(state.attempt, Math.random());
      this.timer = setTimeout(() => this.step('timer'), wait);
    } else if (effect === 'probe') void this.owner.probe().then((answer) => this.step(answer));
    else if (effect === 'close') this.drop();
    if (state.phase !== before) this.owner.changed(state.phase, this.code, wait);
  }

  private connect(): void {
    this.drop();
    const socket = new WebSocket(this.address);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    socket.onopen = () => this.send(this.owner.hello());
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      const message = decodeMessage(event.data);
      // What comes before the hello says why there will be none.
      if (message.type === 'hello') this.step('heard');
      this.owner.take(message);
      if (message.type === 'frame') this.send({ type: 'ack', seq: message.seq });
    };
    socket.onclose = ({ code }) => {
      if (this.socket !== socket) return;
      this.code = code;
      this.step('lost');
    };
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
