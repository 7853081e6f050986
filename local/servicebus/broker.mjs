// The AMQP side of the emulator: connections, tokens, links, deliveries. What a
// queue does with a message is in queue.mjs.
import rhea from "rhea";

import { annotatedChanges, batchFormat, decode, encode, keepBytes, parse, plainChanges, unbatch } from "./message.mjs";
import { manage } from "./management.mjs";
import { Queue } from "./queue.mjs";
import { refusal } from "./token.mjs";

const { types, message: outcomes } = rhea;
const acceptedOutcome = () => outcomes.accepted().described();
const rejectedOutcome = (condition, description) => outcomes.rejected({ error: { condition, description } }).described();

// What the Standard tier takes.
const maxMessageSize = 256 * 1024;

const management = "/$management";
const deadLetters = "/$deadletterqueue";

export class Broker {
  /** credentials: keyName and key. */
  constructor(credentials) {
    this.credentials = credentials;
    this.queues = new Map(); // by name in lower case
    this.connections = new Set();
    keepBytes();
  }

  /** declare makes a queue, or gives one that exists other settings. */
  declare(name, settings) {
    const queue = this.queues.get(name.toLowerCase());
    if (queue) {
      Object.assign(queue.settings, settings);
      return;
    }
    const made = new Queue(name, settings, (ready) => this.#deliver(ready));
    for (const each of [made, made.deadLetters]) Object.assign(each, { links: [], held: undefined });
    this.queues.set(name.toLowerCase(), made);
  }

  /** find returns the queue at an address, which may be its dead-letter queue. */
  find(address) {
    const path = address.toLowerCase();
    if (!path.endsWith(deadLetters)) return this.queues.get(path);
    return this.queues.get(path.slice(0, -deadLetters.length))?.deadLetters;
  }

  /** listen returns the server, which is not listening yet. */
  listen(port, host) {
    const container = rhea.create_container({ id: "handover-servicebus" });
    // The .NET client, which the Functions host uses, offers only this name for
    // what is anonymous until a token comes.
    container.sasl_server_mechanisms.enable_anonymous();
    container.sasl_server_mechanisms.MSSBCBS = container.sasl_server_mechanisms.ANONYMOUS;
    this.#handle(container);
    return container.listen({
      port, host,
      noDelay: true, // else every frame waits 40 ms for the one before it
      max_frame_size: 65536,
      idle_time_out: 240_000,
      receiver_options: { autoaccept: false, credit_window: 1000 },
      sender_options: { treat_modified_as_released: false },
    });
  }

  #handle(container) {
    container.on("connection_open", ({ connection }) => {
      connection.opened = new Set(); // what its tokens allow
      this.connections.add(connection);
    });
    for (const event of ["disconnected", "connection_close"]) {
      container.on(event, ({ connection }) => this.connections.delete(connection));
    }
    container.on("receiver_open", ({ receiver, connection }) => this.#acceptSender(receiver, connection));
    container.on("sender_open", ({ sender, connection }) => this.#acceptReceiver(sender, connection));
    container.on("sender_flow", ({ sender }) => { if (sender.queue) this.#deliver(sender.queue); });
    container.on("sender_draining", ({ sender }) => sender.set_drained(true));
    container.on("message", (context) => this.#receive(context));
    container.on("accepted", ({ delivery }) => this.#settle(delivery, (queue, token) => queue.complete(token)));
    container.on("released", ({ delivery }) => this.#settle(delivery, (queue, token) => queue.release(token)));
    container.on("modified", ({ delivery }) => this.#settle(delivery, (queue, token) => {
      const { undeliverable_here: defer, value } = delivery.remote_state;
      return queue[defer ? "defer" : "abandon"](token, annotatedChanges(value[2]));
    }));
    container.on("rejected", ({ delivery }) => this.#settle(delivery, (queue, token) => {
      const { DeadLetterReason, DeadLetterErrorDescription, ...others } = delivery.remote_state.error?.info ?? {};
      return queue.deadLetter(token, DeadLetterReason ?? "", DeadLetterErrorDescription ?? "", plainChanges(others));
    }));
    // A client that goes away without a farewell is everyday life.
    for (const event of ["connection_error", "session_error", "sender_error", "receiver_error", "protocol_error", "error"]) {
      container.on(event, () => {});
    }
  }

  // Links. A client's sender is a receiver here, and the other way round.

  #acceptSender(receiver, connection) {
    const address = receiver.remote.attach.target?.address ?? "";
    if (this.#refuse(receiver, address, connection)) return;
    receiver.set_source(receiver.remote.attach.source ?? {});
    receiver.set_target({ address });
    receiver.local.attach.max_message_size = maxMessageSize;
    receiver.address = address;
  }

  #acceptReceiver(sender, connection) {
    const attach = sender.remote.attach;
    const address = attach.source?.address ?? "";
    if (this.#refuse(sender, address, connection)) return;
    sender.set_source({ address });
    sender.set_target({ address: attach.target?.address });
    sender.local.attach.snd_settle_mode = attach.snd_settle_mode ?? 2;
    sender.local.attach.rcv_settle_mode = attach.rcv_settle_mode ?? 0;
    sender.queue = this.find(address); // none for $cbs and $management
    sender.queue?.links.push(sender);
  }

  /** refuse answers the attach of a link that may not be, without its terminus. */
  #refuse(link, address, connection) {
    if (address === "$cbs") return false;
    const path = address.toLowerCase();
    const entity = path.endsWith(management) ? path.slice(0, -management.length) : path;
    const error = !this.find(entity)
      ? { condition: "amqp:not-found", description: `The messaging entity '${address}' could not be found.` }
      : !connection.opened.has(path) && !connection.opened.has("")
        ? { condition: "amqp:unauthorized-access", description: `Unauthorized access. A token for '${address}' is required.` }
        : undefined;
    if (error) link.close(error);
    return error !== undefined;
  }

  // What comes in.

  #receive(context) {
    const { receiver, delivery, connection } = context;
    const bytes = context.message.bytes ?? context.message;
    const path = (receiver.address ?? "").toLowerCase();
    if (path === "$cbs") {
      const request = decode(bytes);
      const entity = entityOf(request.application_properties.name);
      this.#whenAwake(this.find(withoutManagement(entity)), () => {
        delivery.accept();
        reply(connection, request, this.#putToken(request, entity, connection));
      });
    } else if (path.endsWith(management)) {
      const queue = this.find(withoutManagement(path));
      this.#whenAwake(queue, () => {
        const request = decode(bytes);
        delivery.accept();
        reply(connection, request, manage(queue, request.application_properties.operation, request.body));
      });
    } else {
      const queue = this.find(path);
      this.#whenAwake(queue, () => this.#store(queue, bytes, context));
    }
  }

  #putToken(request, entity, connection) {
    const { type, name } = request.application_properties;
    const why = refusal({ type: type === "jwt" ? "jwt" : "sas", token: request.body, audience: name, ...this.credentials });
    if (why) return { status: 401, description: why, condition: "amqp:unauthorized-access" };
    if (entity !== "" && !this.find(withoutManagement(entity))) {
      return { status: 404, description: `The messaging entity '${name}' could not be found.`, condition: "amqp:not-found" };
    }
    connection.opened.add(entity);
    return { status: 202, description: "Accepted" };
  }

  #store(queue, bytes, { delivery, format, connection }) {
    if (bytes.length > maxMessageSize) {
      delivery.update(true, rejectedOutcome("amqp:link:message-size-exceeded", `The message has more than ${maxMessageSize} bytes.`));
      return;
    }
    for (const one of format === batchFormat ? unbatch(bytes) : [bytes]) queue.send(parse(one));
    if (queue.losesNextAnswer) {
      queue.losesNextAnswer = false;
      hangUp(connection);
    } else {
      delivery.accept();
    }
  }

  // What goes out.

  #deliver(queue) {
    if (queue.held || queue.active.length === 0) return;
    queue.links = queue.links.filter((link) => link.is_open());
    const rooms = queue.links.map((link) => ({ link, room: roomOn(link) })).filter(({ room }) => room > 0);
    while (rooms.length > 0 && queue.active.length > 0) {
      const next = rooms.shift();
      this.#send(next.link, queue);
      if (--next.room > 0) rooms.push(next);
    }
  }

  #send(link, queue) {
    if (link.local.attach.snd_settle_mode === 1) {
      link.send(encode(queue.take()), undefined, 0);
      return;
    }
    const message = queue.lock();
    link.send(encode(message), tagOf(message.token), 0).lock = { queue, token: message.token };
  }

  /**
   * settle answers a disposition. The answer is "accepted" whatever the client
   * asked for, as Service Bus does it; to echo a rejection means failure.
   */
  #settle(delivery, how) {
    if (!delivery.lock) return;
    const { queue, token } = delivery.lock;
    this.#whenAwake(queue, () => {
      const kept = how(queue, token);
      delivery.update(true, kept ? acceptedOutcome() : rejectedOutcome("com.microsoft:message-lock-lost", "The lock supplied is invalid."));
      delivery.remote_settled = true; // rhea frees the delivery only then
    });
  }

  // Trouble, for tests.

  /** pause lets a queue seem away: connections stay, and nothing is answered. */
  pause(queue) {
    for (const each of [queue, queue.deadLetters]) each.held ??= [];
  }

  resume(queue) {
    for (const each of [queue, queue.deadLetters]) {
      const held = each.held ?? [];
      each.held = undefined;
      for (const answer of held) answer();
      this.#deliver(each);
    }
  }

  /** whenAwake answers now, or when the queue is no longer paused. */
  #whenAwake(queue, answer) {
    if (queue?.held) queue.held.push(answer);
    else answer();
  }
}

/** hangUp breaks a connection off as a failing network does. */
export function hangUp(connection) {
  connection.socket.destroy(new Error("cut"));
}

/** entityOf takes the path out of an audience: amqp://host/queue/$management. */
function entityOf(audience) {
  return decodeURIComponent(String(audience).replace(/^[a-z]+:\/\/[^/]*\/?/i, "")).replace(/\/$/, "").toLowerCase();
}

function withoutManagement(path) {
  return path.endsWith(management) ? path.slice(0, -management.length) : path;
}

/** reply answers a request on the link that it names, by address or by name. */
function reply(connection, request, { status, description, body, condition }) {
  const link = connection.find_sender((one) => one.target?.address === request.reply_to || one.name === request.reply_to);
  link?.send({
    correlation_id: request.message_id,
    application_properties: {
      "status-code": types.wrap_int(status), statusCode: types.wrap_int(status),
      "status-description": description, statusDescription: description,
      ...(condition && { errorCondition: types.wrap_symbol(condition) }),
    },
    body: body ?? "",
  });
}

/** roomOn is a link's credit less what rhea holds for it and has not written. */
function roomOn(link) {
  const { outgoing } = link.session;
  let waiting = 0;
  for (let id = outgoing.next_pending_delivery; id < outgoing.next_delivery_id; id++) {
    if (outgoing.deliveries.by_id(id)?.link === link) waiting++;
  }
  return Math.min(link.credit - waiting, outgoing.available());
}

/** tagOf writes a lock token in the byte order of .NET's GUIDs. */
function tagOf(token) {
  const tag = Buffer.from(token);
  tag.subarray(0, 4).reverse();
  tag.subarray(4, 6).reverse();
  tag.subarray(6, 8).reverse();
  return tag;
}
