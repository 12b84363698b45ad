import { BASE } from '../base';
import { ask, race } from './ask';
import type {
  CorrectionRuling,
  Decoder,
  FlagRuling,
  Passing,
  PenaltyRuling,
  ResultDiff,
  ResultVersion,
  Ruled,
  Ruling,
  Signed,
  Verdict,
} from './desk-types';

/** The server gives no more passings in one answer. */
const PASSINGS_MOST = 10_000;

const rule = async (id: string, what: string, body: unknown): Promise<Ruled> =>
  (await ask(`${race(id)}/${what}`, { method: 'POST', body })) as Ruled;

export const showFlag = (id: string, order: FlagRuling): Promise<Ruled> => rule(id, 'flags', order);
export const penalise = (id: string, order: PenaltyRuling): Promise<Ruled> => rule(id, 'penalties', order);
export const correct = (id: string, order: CorrectionRuling): Promise<Ruled> =>
  rule(id, 'corrections', order);
export const declareResult = (id: string, order: Signed): Promise<Ruled> => rule(id, 'result', order);

/** Oldest first. */
export async function listRulings(id: string): Promise<readonly Ruling[]> {
  return ((await ask(`${race(id)}/rulings`)) as { rulings: Ruling[] }).rulings;
}

/** Oldest first. */
export async function listResults(id: string): Promise<readonly ResultVersion[]> {
  return ((await ask(`${race(id)}/results`)) as { results: ResultVersion[] }).results;
}

export async function compareResults(id: string, from: number, to: number): Promise<ResultDiff> {
  return (await ask(`${race(id)}/results/diff?from=${from}&to=${to}`)) as ResultDiff;
}

/** Passings of a verdict after a record, oldest first. */
export async function listPassings(id: string, verdict: Verdict, after = 0): Promise<readonly Passing[]> {
  const query = `verdict=${verdict}&after=${after}&limit=${PASSINGS_MOST}`;
  return ((await ask(`${race(id)}/passings?${query}`)) as { passings: Passing[] }).passings;
}

export async function listDecoders(id: string): Promise<readonly Decoder[]> {
  return ((await ask(`${race(id)}/decoders`)) as { decoders: Decoder[] }).decoders;
}

export const DOCUMENTS = [
  'classification',
  'lap_chart',
  'lap_analysis',
  'best_sectors',
  'pit_stops',
  'penalties',
] as const;

export function documentUrl(
  id: string,
  name: (typeof DOCUMENTS)[number],
  format: 'html' | 'csv' | 'json',
): string {
  return `${BASE}api/v1${race(id)}/documents/${name}.${format}`;
}
