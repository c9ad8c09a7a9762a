import { cleanup, render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { Refused } from '../backend';
import Refusal from './Refusal.svelte';
import { refusalOf } from './refusal';

afterEach(cleanup);

test('a refusal says what it is, what to do, and the details; it can be tried again', async () => {
  const retry = vi.fn();
  const refusal = { kind: 'failed' as const, said: { id: 'failed-disk-full' }, detail: 'os error 28' };
  render(Refusal, { refusal: refusalOf(new Refused(refusal)), retry });
  const text = screen.getByTestId('refusal').textContent;
  expect(text).toContain('The disk is full. Make room on it, then try again.');
  expect(text).toContain('os error 28');
  await userEvent.click(screen.getByTestId('refusal-retry'));
  expect(retry).toHaveBeenCalledOnce();
});

test('a sentence from a newer agent is told in general, with its details', () => {
  render(Refusal, { refusal: { kind: 'failed', said: { id: 'from-a-newer-agent' }, detail: 'why' } });
  const text = screen.getByTestId('refusal').textContent;
  expect(text).toContain('That did not work.');
  expect(text).not.toContain('from-a-newer-agent');
  expect(text).toContain('why');
  expect(screen.queryByTestId('refusal-retry')).toBeNull();
});

test('whatever else is thrown is a refusal, too', () => {
  expect(refusalOf(new TypeError('no such thing'))).toEqual({
    kind: 'failed',
    said: { id: 'refused-window' },
    detail: 'no such thing',
  });
  expect(refusalOf('gone').detail).toBe('gone');
});
