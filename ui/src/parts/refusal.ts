import { Refused, type Refusal } from '../backend';

/** Why a question was not answered, whatever was thrown. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  const detail = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', said: { id: 'refused-window' }, detail };
}
