// A message as the broker keeps it. AMQP's sections stay in the bytes in which
// they came, for decoding them into JavaScript would lose the difference between
// an int64 and a uint32; only what the broker itself writes is made anew.
import rhea from "rhea";

const { types } = rhea;

// The sections of AMQP 1.0 §3.2, by their descriptors.
const header = 0x70;
const deliveryAnnotations = 0x71;
const messageAnnotations = 0x72;
const properties = 0x73;
const applicationProperties = 0x74;
const data = 0x75;

// The annotations that a client reads and only the broker writes.
const brokers = new Set(["x-opt-sequence-number", "x-opt-enqueued-time", "x-opt-locked-until", "x-opt-message-state"]);

/** batchFormat is the message-format of a transfer that carries several messages. */
export const batchFormat = 0x80013700;

/**
 * decode turns bytes into JavaScript values: good enough for requests, which
 * the broker only reads.
 */
export const decode = rhea.message.decode;

/** keepBytes stops rhea from decoding what it receives. */
export function keepBytes() {
  rhea.message.decode = (bytes) => ({ bytes });
}

/** parse reads a message as a client sent it. */
export function parse(bytes) {
  const message = { header: [], annotations: [], properties: Buffer.alloc(0), applicationProperties: [], id: undefined };
  const body = [];
  for (const { code, value, raw } of sections(bytes)) {
    switch (code) {
      case header: message.header = value; break;
      case deliveryAnnotations: break;
      case messageAnnotations: message.annotations = pairs(value).filter(([key]) => !brokers.has(key.value)); break;
      case properties: message.properties = raw; message.id = value[0]?.value ?? undefined; break;
      case applicationProperties: message.applicationProperties = pairs(value); break;
      default: body.push(raw);
    }
  }
  return { ...message, body: Buffer.concat(body) };
}

/** unbatch returns the messages of a batch: each is one data section of it. */
export function unbatch(bytes) {
  return [...sections(bytes)].filter(({ code }) => code === data).map(({ value }) => value);
}

/** modify sets application properties; changes are pairs of AMQP values. */
export function modify(message, changes) {
  const changed = new Set(changes.map(([key]) => key.value));
  message.applicationProperties = message.applicationProperties.filter(([key]) => !changed.has(key.value)).concat(changes);
}

/** plainChanges makes pairs for modify out of a JavaScript object. */
export function plainChanges(object) {
  return Object.entries(object ?? {}).map(([key, value]) => [types.wrap_string(key), types.wrap(value)]);
}

/** annotatedChanges makes pairs for modify out of an outcome's annotations. */
export function annotatedChanges(map) {
  return map?.value ? pairs(map.value).map(([key, value]) => [types.wrap_string(key.value), value]) : [];
}

/** scheduledFor returns the time (ms) at which a client wants a message enqueued, if it does. */
export function scheduledFor(message) {
  const wish = message.annotations.find(([key]) => key.value === "x-opt-scheduled-enqueue-time");
  return wish && Number(wish[1].value);
}

const states = { active: 0, locked: 0, deferred: 1, scheduled: 2 };

/** encode writes a message as a receiver gets it. */
export function encode(message, { withToken = false } = {}) {
  const writer = new types.Writer();
  const write = (code, typed) => writer.write(types.described(types.wrap_ulong(code), typed));
  const [durable, priority, ttl, firstAcquirer] = message.header;
  write(header, types.List32([durable, priority, ttl, firstAcquirer, types.wrap_uint(message.deliveryCount)]));
  if (withToken) {
    write(deliveryAnnotations, types.Map32([types.wrap_symbol("x-opt-lock-token"), types.wrap_uuid(message.token)]));
  }
  write(messageAnnotations, types.Map32([...message.annotations, ...annotationsOf(message)].flat()));
  writer.write_bytes(message.properties);
  if (message.applicationProperties.length > 0) {
    write(applicationProperties, types.Map32(message.applicationProperties.flat()));
  }
  return Buffer.concat([writer.toBuffer(), message.body]);
}

function annotationsOf(message) {
  const list = [
    [types.wrap_symbol("x-opt-sequence-number"), types.wrap_long(message.sequence)],
    [types.wrap_symbol("x-opt-enqueued-time"), types.wrap_timestamp(message.enqueued)],
    [types.wrap_symbol("x-opt-message-state"), types.wrap_int(states[message.state])],
  ];
  if (message.token) list.push([types.wrap_symbol("x-opt-locked-until"), types.wrap_timestamp(message.lockedUntil)]);
  return list;
}

function* sections(bytes) {
  const reader = new types.Reader(bytes);
  while (reader.remaining() > 0) {
    const start = reader.position;
    const section = reader.read();
    yield { code: Number(section.descriptor.value), value: section.value, raw: bytes.subarray(start, reader.position) };
  }
}

function pairs(list) {
  const found = [];
  for (let i = 0; i + 1 < list.length; i += 2) found.push([list[i], list[i + 1]]);
  return found;
}
