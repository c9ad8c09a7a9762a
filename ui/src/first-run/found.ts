// Backups that were found in a folder, by the computer and the plan that made them.
import type { BackupSummary } from '../backend';

export interface Group {
  computer: string | null;
  plan: string;
  /** Newest first. */
  backups: BackupSummary[];
  damaged: number;
  /** The newest that is not damaged. */
  best: BackupSummary | null;
}

/** The groups, the one with the newest backup first. */
export function groupsOf(backups: BackupSummary[]): Group[] {
  const groups = new Map<string, Group>();
  for (const backup of [...backups].sort((one, other) => other.at - one.at)) {
    const key = JSON.stringify([backup.computer, backup.plan]);
    const group = groups.get(key) ?? {
      computer: backup.computer,
      plan: backup.plan,
      backups: [],
      damaged: 0,
      best: null,
    };
    group.backups.push(backup);
    if (backup.state === 'problem') group.damaged += 1;
    else group.best ??= backup;
    groups.set(key, group);
  }
  return [...groups.values()];
}
