/** What a receiver has taken: one line of JSON a message, on the disk before it answered. */
import { createHash } from 'node:crypto';
import { parseJson } from '../../src/text/json.ts';
import { readMessage } from '../demo/message.ts';
import { readLines } from './lines.ts';

export const RECEIVERS = ['slack', 'email', 'webhook'] as const;
/** Named as the Worker names its receivers. */
export type ReceiverName = (typeof RECEIVERS)[number];

export interface ReceiverOptions {
  readonly name: ReceiverName;
  readonly port: number;
  /** What has arrived, in order. */
  readonly file: string;
  /** The webhook's key, `whsec_…`. */
  readonly webhookSecret: string;
}

/** A line of the file. */
export interface ReceivedLine {
  /** The header `webhook-id`; null: it has none. */
  readonly id: string | null;
  readonly body: string;
}

/** A message that has arrived. */
export interface Received {
  readonly receiver: ReceiverName;
  /** The same for each time that one delivery was sent, and for no other: its id, or else its content. */
  readonly message: string;
  /** The ledger's number of the delivery, where the message carries it. */
  readonly delivery: number | null;
  /** The alert's number; null: it is about Tocsin itself. */
  readonly alert: number | null;
}

type Fields = { readonly [field: string]: unknown };

/** Reads a receiver's file. */
export function readReceived(receiver: ReceiverName, file: string): Received[] {
  return readLines<ReceivedLine>(file).map((line) => readLine(receiver, line));
}

function readLine(receiver: ReceiverName, { id, body }: ReceivedLine): Received {
  const content = parseJson(body) as Fields;
  switch (receiver) {
    case 'slack':
      return { receiver, message: contentOf(body), delivery: null, alert: readMessage(content).alert };
    case 'email': {
      // A group's mail is in the thread of its first alert.
      const [, alert] = /^<alert-(\d+)\./.exec(String((content['headers'] as Fields)['References'])) ?? [];
      return { receiver, message: contentOf(body), delivery: null, alert: alert === undefined ? null : Number(alert) };
    }
    case 'webhook': {
      const delivery = /^delivery-(\d+)-/.exec(id ?? '')?.[1];
      const { alert } = content['data'] as { readonly alert?: { readonly id: number } };
      return {
        receiver,
        message: id ?? contentOf(body),
        delivery: delivery === undefined ? null : Number(delivery),
        alert: alert?.id ?? null,
      };
    }
  }
}

/** Each attempt makes new links, with a later end: they are no part of what a message says. */
function contentOf(body: string): string {
  return createHash('sha256')
    .update(body.replace(/https?:\/\/[^\s"<>|\\]+/g, ''))
    .digest('hex');
}
