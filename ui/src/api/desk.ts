import { BASE } from '../base';
import { request, racePath } from './request';
import type {
  CorrectionRuling,
  Decoder,
  FlagRuling,
  Passing,
  PenaltyRuling,
  ResultDiff,
  ResultVersion,
  RulingReceipt,
  Ruling,
  Signature,
  Verdict,
} from './desk-types';

/** The server's limit for one response. */
const PASSINGS_MAX = 10_000;

const rule = async (id: string, what: string, body: unknown): Promise<RulingReceipt> =>
  (await request(`${racePath(id)}/${what}`, { method: 'POST', body })) as RulingReceipt;

export const showFlag = (id: string, order: FlagRuling): Promise<RulingReceipt> => rule(id, 'flags', order);
export const penalise = (id: string, order: PenaltyRuling): Promise<RulingReceipt> =>
  rule(id, 'penalties', order);
export const correct = (id: string, order: CorrectionRuling): Promise<RulingReceipt> =>
  rule(id, 'corrections', order);
export const declareResult = (id: string, order: Signature): Promise<RulingReceipt> =>
  rule(id, 'result', order);

/** Oldest first. */
export async function listRulings(id: string): Promise<readonly Ruling[]> {
  return ((await request(`${racePath(id)}/rulings`)) as { rulings: Ruling[] }).rulings;
}

/** Oldest first. */
export async function listResults(id: string): Promise<readonly ResultVersion[]> {
  return ((await request(`${racePath(id)}/results`)) as { results: ResultVersion[] }).results;
}

export async function compareResults(id: string, from: number, to: number): Promise<ResultDiff> {
  return (await request(`${racePath(id)}/results/diff?from=${from}&to=${to}`)) as ResultDiff;
}

/** Passings with a verdict after a record, oldest first. */
export async function listPassings(id: string, verdict: Verdict, after = 0): Promise<readonly Passing[]> {
  const query = `verdict=${verdict}&after=${after}&limit=${PASSINGS_MAX}`;
  return ((await request(`${racePath(id)}/passings?${query}`)) as { passings: Passing[] }).passings;
}

export async function listDecoders(id: string): Promise<readonly Decoder[]> {
  return ((await request(`${racePath(id)}/decoders`)) as { decoders: Decoder[] }).decoders;
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
  return `${BASE}api/v1${racePath(id)}/documents/${name}.${format}`;
}
