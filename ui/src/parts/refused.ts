// Turns whatever was thrown into what can be said.
import { Refused, type Refusal } from '../backend';

export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  return {
    kind: 'failed',
    said: { id: 'refused-window' },
    detail: error instanceof Error ? error.message : String(error),
  };
}
