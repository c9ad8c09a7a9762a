// The real window: its program asks the agent.
import { Channel, invoke } from '@tauri-apps/api/core';
import type { PathText, Refusal } from './api';
import { Refused, type Backend, type PickedFolder, type Surroundings, type WatchMessage } from '.';

function refusalOf(error: unknown): Refusal {
  if (typeof error === 'object' && error !== null && 'said' in error) return error as Refusal;
  return { kind: 'failed', said: { id: 'refused-window' }, detail: String(error) };
}

async function call<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (error) {
    throw new Refused(refusalOf(error));
  }
}

export const tauri: Backend = {
  ask: (request) => call('ask', { request }),
  watch(told) {
    const channel = new Channel<WatchMessage>();
    let listens = true;
    channel.onmessage = (message) => {
      if (listens) told(message);
    };
    void call('watch', { channel });
    return () => {
      listens = false;
    };
  },
  pickFolder: (title) => call<PickedFolder | null>('pick_folder', { title }),
  pickPicture: (title) => call<PathText | null>('pick_picture', { title }),
  openFolder: (path) => call('open_folder', { path }),
  saveText: (title, suggestedName, text) => call<boolean>('save_text', { title, suggestedName, text }),
  surroundings: () => call<Surroundings>('surroundings'),
  onPage(show) {
    const channel = new Channel<string>();
    channel.onmessage = show;
    void call('pages', { channel });
    return () => {
      channel.onmessage = () => {};
    };
  },
};
