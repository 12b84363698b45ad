import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Fields = Readonly<Record<string, unknown>>;

/** The real server in its own process, on its own database. */
export class Server {
  readonly #db = join(mkdtempSync(join(tmpdir(), 'lightsout-e2e-')), 'races.db');
  readonly #token: string | null;
  readonly #extraArgs: readonly string[];
  #process: ChildProcess | null = null;
  url = '';

  constructor(token: string | null = null, extraArgs: readonly string[] = []) {
    this.#token = token;
    this.#extraArgs = extraArgs;
  }

  /** Starts the server, on its previous port if it had one, and waits until it listens. */
  async start(): Promise<void> {
    const addr = this.url === '' ? '127.0.0.1:0' : new URL(this.url).host;
    const token = this.#token === null ? [] : ['--token', this.#token];
    const args = ['serve', '--addr', addr, '--db', this.#db, ...token, ...this.#extraArgs];
    const child = spawn(process.env.LIGHTSOUT_BIN ?? '', args);
    this.#process = child;
    let stderr = '';
    await new Promise<void>((ready, failed) => {
      child.once('exit', () => failed(new Error(`the server exited: ${stderr}`)));
      child.stderr.on('data', (data: Buffer) => {
        stderr += data.toString();
        const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(stderr) ?? [];
        if (url) {
          this.url = url;
          ready();
        }
      });
    });
  }

  /** Stops the server and waits for its exit. */
  async stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#process;
    if (child === null) return null;
    this.#process = null;
    return new Promise((resolve) => {
      child.once('exit', (code) => resolve(code));
      child.kill(signal);
    });
  }

  /** Suspends or resumes the server: it keeps its port, and the kernel accepts connections for it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(signal);
  }

  /** Creates a race and returns its id. */
  async createRace(race: Fields): Promise<string> {
    return String((await this.post('/races', race)).id);
  }

  /** Throws the server's message for a refused request. */
  async post(path: string, body: Fields): Promise<Fields> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as Fields;
  }
}
