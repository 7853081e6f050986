// The operations of <queue>/$management.
import rhea from "rhea";

import { encode, parse, plainChanges } from "./message.mjs";

const { types } = rhea;
const arrayOf = { long: 0x81, timestamp: 0x83 };

const ok = (body) => ({ status: 200, description: "OK", body });
const nothing = { status: 204, description: "No content", body: {} };
const notFound = (description) => ({ status: 404, description, body: {}, condition: "com.microsoft:message-not-found" });
const lockLost = {
  status: 410,
  description: "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.",
  body: {},
  condition: "com.microsoft:message-lock-lost",
};

const dispositions = {
  completed: (queue, token) => queue.complete(token),
  abandoned: (queue, token, body) => queue.abandon(token, plainChanges(body["properties-to-modify"])),
  defered: (queue, token, body) => queue.defer(token, plainChanges(body["properties-to-modify"])),
  suspended: (queue, token, body) =>
    queue.deadLetter(token, body["deadletter-reason"], body["deadletter-description"], plainChanges(body["properties-to-modify"])),
};

const operations = {
  "com.microsoft:renew-lock"(queue, body) {
    const until = body["lock-tokens"].map((token) => queue.renew(token));
    return until.includes(undefined) ? lockLost : ok({ expirations: types.wrap_array(until, arrayOf.timestamp) });
  },
  "com.microsoft:update-disposition"(queue, body) {
    const settle = dispositions[body["disposition-status"]];
    if (!settle) return { status: 400, description: "unknown disposition-status", body: {} };
    return body["lock-tokens"].map((token) => settle(queue, token, body)).includes(false) ? lockLost : ok({});
  },
  "com.microsoft:peek-message"(queue, body) {
    const found = queue.peek(Number(body["from-sequence-number"]), Number(body["message-count"]));
    return found.length === 0 ? nothing : ok({ messages: found.map((message) => ({ message: encode(message) })) });
  },
  "com.microsoft:receive-by-sequence-number"(queue, body) {
    const found = body["sequence-numbers"].map((sequence) => queue.lockDeferred(Number(sequence)));
    if (found.includes(undefined)) return notFound("Failed to find the messages with these sequence numbers.");
    return ok({
      messages: found.map((message) => ({
        message: encode(message, { withToken: true }),
        "lock-token": types.wrap_uuid(message.token),
      })),
    });
  },
  "com.microsoft:schedule-message"(queue, body) {
    const sequences = body.messages.map(({ message }) => queue.send(parse(message)));
    return ok({ "sequence-numbers": types.wrap_array(sequences, arrayOf.long) });
  },
  "com.microsoft:cancel-scheduled-message"(queue, body) {
    const cancelled = body["sequence-numbers"].map((sequence) => queue.cancel(Number(sequence)));
    return cancelled.includes(false) ? notFound("Failed to find the scheduled messages.") : ok({});
  },
};

/** manage does one operation and returns its answer: status, description, body, condition. */
export function manage(queue, operation, body) {
  const run = operations[operation];
  return run ? run(queue, body) : { status: 501, description: `${operation} is not part of this emulator`, body: {} };
}
