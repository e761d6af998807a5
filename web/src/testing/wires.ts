/** A made-up server for tests of what keeps a connection: sockets that can be spoken through, and answers over HTTP. */

import { encode } from '@msgpack/msgpack';
import { vi } from 'vitest';

/** What the page sees of a WebSocket. */
export class Wire {
  static readonly OPEN = 1;
  static all: Wire[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  /** What the page has sent. */
  readonly sent: Record<string, unknown>[] = [];

  constructor(readonly address: string) {
    Wire.all.push(this);
  }

  /** The one that was opened last. */
  static get last(): Wire {
    return Wire.all.at(-1)!;
  }

  accept(): void {
    this.readyState = Wire.OPEN;
    this.onopen?.();
  }

  /** Takes a message as the server sends it: bytes as they are, anything else is packed. */
  say(message: Uint8Array | object): void {
    const bytes = message instanceof Uint8Array ? message : encode(message);
    const copy = new Uint8Array(bytes);
    this.onmessage?.({ data: copy.buffer });
  }

  lose(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.lose(1000);
  }
}

export type Answer = (path: string, init?: RequestInit) => { status: number; body?: unknown };

/** Puts the wires and the answers in the place of the browser's, until `vi.unstubAllGlobals`. */
export function stubServer(answer: Answer): void {
  Wire.all = [];
  vi.stubGlobal('WebSocket', Wire);
  vi.stubGlobal('location', new URL('http://page.test/'));
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => {
    const { status, body } = answer(path, init);
    return Promise.resolve(new Response(status === 204 ? null : JSON.stringify(body ?? {}), { status }));
  });
}

/** What a tab keeps, in `stored` instead of the browser, until `vi.unstubAllGlobals`. */
export function stubSession(stored: Map<string, string>): void {
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
}
