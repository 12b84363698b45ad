import type { Server } from './server';

/** A race of three cars on three timing lines, and the loops that report their passings. */
export class Loops {
  readonly #server: Server;
  readonly id: string;
  #sequence = 0;

  private constructor(server: Server, id: string) {
    this.#server = server;
    this.id = id;
  }

  static async open(server: Server, name: string): Promise<Loops> {
    const cars = [
      ['NOR', 'Lando Norris'],
      ['PIA', 'Oscar Piastri'],
      ['VER', 'Max Verstappen'],
    ];
    const id = await server.createRace({
      kind: 'external',
      name,
      lines: [
        { kind: 'finish' },
        { kind: 'sector', sector: 1, permyriad: 3000 },
        { kind: 'sector', sector: 2, permyriad: 6500 },
      ],
      rules: { name: 'f1', laps: 20 },
      entries: cars.map(([name_acronym, full_name], i) => ({
        driver_number: i + 1,
        name_acronym,
        full_name,
        grid_position: i + 1,
        transponders: [`T${i + 1}`],
      })),
      start: false,
    });
    return new Loops(server, id);
  }

  get path(): string {
    return `/races/${this.id}`;
  }

  start = (): Promise<unknown> => this.#server.post(`${this.path}/start`, {});

  /** Reports passings: a car's number or a transponder, the line, and the race time in seconds. */
  async report(
    ...passings: (readonly [car: number | string, line: number, second: number])[]
  ): Promise<void> {
    const body = passings.map(([car, line, second]) => ({
      ...(typeof car === 'number' ? { driver_number: car } : { transponder: car }),
      line,
      time_us: Math.round(second * 1_000_000),
      decoder: 'main',
      session: '1',
      sequence: ++this.#sequence,
    }));
    await this.#server.post(`${this.path}/passings`, { passings: body });
  }

  /** Reports a first lap of 90 s, with the cars one second apart. */
  async lap(): Promise<void> {
    const passings = [1, 2, 3].flatMap((car) =>
      [30, 60, 90].map((second, i) => [car, (i + 1) % 3, second + car - 1] as const),
    );
    await this.report(...passings);
  }
}
