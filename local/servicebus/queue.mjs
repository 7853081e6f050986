// A queue of Service Bus: peek-lock, delivery counts, dead letters, duplicate
// detection, deferred and scheduled messages. It knows nothing of AMQP.
import { randomBytes } from "node:crypto";

import { modify, plainChanges, scheduledFor } from "./message.mjs";

const longestTimer = 2 ** 31 - 1;

export class Queue {
  /**
   * settings: lockDuration and duplicateWindow in milliseconds (a window of 0
   * switches the detection off), maxDeliveryCount. onReady is called whenever
   * there may be something to deliver.
   */
  constructor(name, settings, onReady, isDeadLetter = false) {
    this.name = name;
    this.settings = settings;
    this.onReady = onReady;
    this.isDeadLetter = isDeadLetter;
    this.deadLetters = isDeadLetter ? undefined : new Queue(`${name}/$DeadLetterQueue`, settings, onReady, true);
    this.lastSequence = 0;
    this.active = []; // in order of sequence numbers
    this.locked = new Map(); // by lock token, in hex
    this.deferred = new Map(); // by sequence number
    this.scheduled = new Map(); // by sequence number
    this.seen = new Map(); // message id → when it is forgotten
  }

  /** send takes a message in, now or when it wishes, and returns its sequence number. */
  send(message) {
    Object.assign(message, { sequence: ++this.lastSequence, deliveryCount: 0, enqueued: Date.now() });
    if (this.#isDuplicate(message.id)) return message.sequence;
    const wait = (scheduledFor(message) ?? 0) - Date.now();
    if (wait > 0) this.#schedule(message, wait);
    else this.#enqueue(message);
    return message.sequence;
  }

  #isDuplicate(id) {
    const now = Date.now();
    for (const [old, until] of this.seen) {
      if (until > now) break;
      this.seen.delete(old);
    }
    if (id === undefined || this.settings.duplicateWindow <= 0) return false;
    if (this.seen.has(id)) return true;
    this.seen.set(id, now + this.settings.duplicateWindow);
    return false;
  }

  #schedule(message, wait) {
    message.state = "scheduled";
    message.timer = setTimeout(() => {
      this.scheduled.delete(message.sequence);
      message.enqueued = Date.now();
      this.#enqueue(message);
    }, Math.min(wait, longestTimer));
    this.scheduled.set(message.sequence, message);
  }

  /** cancel forgets a scheduled message; false if there is none. */
  cancel(sequence) {
    const message = this.scheduled.get(sequence);
    if (!message) return false;
    clearTimeout(message.timer);
    return this.scheduled.delete(sequence);
  }

  #enqueue(message) {
    message.state = "active";
    let at = this.active.length;
    while (at > 0 && this.active[at - 1].sequence > message.sequence) at--;
    this.active.splice(at, 0, message);
    this.onReady(this);
  }

  /** take removes the next message for good (receive-and-delete). */
  take() {
    return this.active.shift();
  }

  /** lock hides the next message until it is settled or its lock runs out. */
  lock(message = this.active.shift()) {
    if (!message) return undefined;
    message.state = "locked";
    message.token = randomBytes(16);
    this.locked.set(message.token.toString("hex"), message);
    this.#startLock(message);
    return message;
  }

  #startLock(message) {
    clearTimeout(message.timer);
    message.lockedUntil = Date.now() + this.settings.lockDuration;
    message.timer = setTimeout(() => this.abandon(message.token), this.settings.lockDuration);
  }

  /** renew returns until when (ms) a message is locked now; undefined if its lock is lost. */
  renew(token) {
    const message = this.locked.get(token.toString("hex"));
    if (!message) return undefined;
    this.#startLock(message);
    return message.lockedUntil;
  }

  /** unlock ends a lock and returns its message; undefined if the lock is lost. */
  #unlock(token) {
    const message = this.locked.get(token.toString("hex"));
    if (!message) return undefined;
    clearTimeout(message.timer);
    this.locked.delete(token.toString("hex"));
    message.token = undefined;
    return message;
  }

  // The four ends of a lock, and its release. All return false if it is lost.

  complete(token) {
    return this.#unlock(token) !== undefined;
  }

  /** abandon counts a failed delivery; too many of them make a dead letter. */
  abandon(token, changes = []) {
    const message = this.#unlock(token);
    if (!message) return false;
    modify(message, changes);
    message.deliveryCount++;
    const most = this.settings.maxDeliveryCount;
    if (this.isDeadLetter || message.deliveryCount < most) this.#enqueue(message);
    else this.#bury(message, "MaxDeliveryCountExceeded", `Message could not be consumed after ${most} delivery attempts.`);
    return true;
  }

  /** release puts a message back as if it had never been delivered. */
  release(token) {
    const message = this.#unlock(token);
    if (message) this.#enqueue(message);
    return message !== undefined;
  }

  defer(token, changes = []) {
    const message = this.#unlock(token);
    if (!message) return false;
    modify(message, changes);
    message.state = "deferred";
    this.deferred.set(message.sequence, message);
    return true;
  }

  /** lockDeferred locks a deferred message again; undefined if there is none. */
  lockDeferred(sequence) {
    const message = this.deferred.get(sequence);
    if (!message) return undefined;
    this.deferred.delete(sequence);
    return this.lock(message);
  }

  deadLetter(token, reason, description, changes = []) {
    const message = this.#unlock(token);
    if (!message) return false;
    modify(message, changes);
    this.#bury(message, reason, description);
    return true;
  }

  #bury(message, reason, description) {
    modify(message, plainChanges({ DeadLetterReason: reason, DeadLetterErrorDescription: description }));
    (this.deadLetters ?? this).#enqueue(message);
  }

  /** peek lists messages in any state, in order, without locking them. */
  peek(from, count) {
    return [...this.active, ...this.locked.values(), ...this.deferred.values(), ...this.scheduled.values()]
      .filter((message) => message.sequence >= from)
      .sort((a, b) => a.sequence - b.sequence)
      .slice(0, count);
  }

  counts() {
    return {
      active: this.active.length,
      locked: this.locked.size,
      deferred: this.deferred.size,
      scheduled: this.scheduled.size,
      deadLetters: this.deadLetters?.active.length ?? 0,
    };
  }
}
