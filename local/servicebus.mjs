// A small Service Bus for laptops and tests: queues in memory, over AMQP 1.0, as
// far as Handover uses them. It prints one line of JSON with the connection
// string once it listens, and ends when standard input closes.
//
//   node servicebus.mjs [--port 5672] [--admin 0] [--queues a,b]
//       [--lock-duration 300] [--max-delivery-count 10] [--duplicate-window 300]
//
// Durations are seconds, port 0 is any free port. The name and value of the key
// are those of Microsoft's emulator.
import { once } from "node:events";

import { adminServer } from "./servicebus/admin.mjs";
import { Broker } from "./servicebus/broker.mjs";
import { endWithStdin, flags, ready } from "./process.mjs";

const host = "127.0.0.1";
const credentials = { keyName: "RootManageSharedAccessKey", key: "SAS_KEY_VALUE" };

const given = flags({
  port: "0",
  admin: "0",
  queues: process.env.HANDOVER_QUEUE || "handover-leaves",
  "lock-duration": "300",
  "max-delivery-count": "10",
  "duplicate-window": "300",
});
const settings = {
  lockDuration: 1000 * Number(given["lock-duration"]),
  maxDeliveryCount: Number(given["max-delivery-count"]),
  duplicateWindow: 1000 * Number(given["duplicate-window"]),
};

const broker = new Broker(credentials);
for (const name of given.queues.split(",").filter(Boolean)) broker.declare(name, { ...settings });

const amqp = broker.listen(Number(given.port), host);
const admin = adminServer(broker, settings);
for (const server of [amqp, admin]) {
  server.on("error", (error) => {
    console.error(`The Service Bus emulator cannot listen: ${error.message}`);
    process.exit(1);
  });
}
admin.listen(Number(given.admin), host);
await Promise.all([once(amqp, "listening"), once(admin, "listening")]);

ready({
  ServiceBusConnection:
    `Endpoint=sb://${host}:${amqp.address().port};SharedAccessKeyName=${credentials.keyName};` +
    `SharedAccessKey=${credentials.key};UseDevelopmentEmulator=true;`,
  admin: `http://${host}:${admin.address().port}`,
});
endWithStdin();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
