import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Fields = Readonly<Record<string, unknown>>;

/** The real server, as a process of its own on a file of its own. */
export class Server {
  readonly #db = join(mkdtempSync(join(tmpdir(), 'lightsout-e2e-')), 'races.db');
  readonly #token: string | null;
  readonly #more: readonly string[];
  #process: ChildProcess | null = null;
  url = '';

  constructor(token: string | null = null, more: readonly string[] = []) {
    this.#token = token;
    this.#more = more;
  }

  /** Starts the server, on the port that it had before, and waits until it listens. */
  async start(): Promise<void> {
    const addr = this.url === '' ? '127.0.0.1:0' : new URL(this.url).host;
    const token = this.#token === null ? [] : ['--token', this.#token];
    const args = ['serve', '--addr', addr, '--db', this.#db, ...token, ...this.#more];
    const child = spawn(process.env.LIGHTSOUT_BIN ?? '', args);
    this.#process = child;
    let said = '';
    await new Promise<void>((ready, failed) => {
      child.once('exit', () => failed(new Error(`the server ended: ${said}`)));
      child.stderr.on('data', (data: Buffer) => {
        said += data.toString();
        const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? [];
        if (url) {
          this.url = url;
          ready();
        }
      });
    });
  }

  /** Ends the server and waits until it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#process;
    if (child === null) return null;
    this.#process = null;
    return new Promise((gone) => {
      child.once('exit', (code) => gone(code));
      child.kill(signal);
    });
  }

  /** Lets the server hang, or go on: it keeps its port, and the kernel accepts connections for it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(signal);
  }

  /** Has a race made and gives its id. */
  async order(race: Fields): Promise<string> {
    return String((await this.post('/races', race)).id);
  }

  /** Throws what the server says where it refuses. */
  async post(path: string, body: Fields): Promise<Fields> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return (await answer.json()) as Fields;
  }
}
