// The port by which tests make queues and trouble:
//
//   PUT  /queues/NAME               {"lockDuration":ms,"maxDeliveryCount":n,"duplicateWindow":ms}
//   GET  /queues/NAME               how many messages are in which state
//   POST /queues/NAME/cut           break off every connection that uses the queue
//   POST /queues/NAME/pause         answer nothing any more
//   POST /queues/NAME/resume        answer again, also what was asked meanwhile
//   POST /queues/NAME/lose-answer   store the next message, then break off instead of answering
import { createServer } from "node:http";

import { hangUp } from "./broker.mjs";

// For how many milliseconds a connection may be idle: longer than clients keep
// one, which would otherwise write into one that is being closed.
const idle = 600_000;

export function adminServer(broker, defaults) {
  const troubles = {
    cut: (queue) => [...broker.connections].filter((one) => uses(one, queue)).forEach(hangUp),
    pause: (queue) => broker.pause(queue),
    resume: (queue) => broker.resume(queue),
    "lose-answer": (queue) => { queue.losesNextAnswer = true; },
  };

  async function answer(request) {
    const [, root, name, trouble] = request.url.split("/").map(decodeURIComponent);
    if (root !== "queues" || !name) return [404, { error: "the paths begin with /queues/NAME" }];
    if (request.method === "PUT") {
      broker.declare(name, { ...defaults, ...JSON.parse(await text(request)) });
      return [200, {}];
    }
    const queue = broker.find(name);
    if (!queue) return [404, { error: `there is no queue ${name}` }];
    if (request.method === "GET") return [200, queue.counts()];
    if (!troubles[trouble]) return [404, { error: `the troubles are ${Object.keys(troubles).join(", ")}` }];
    troubles[trouble](queue);
    return [200, {}];
  }

  return createServer({ keepAliveTimeout: idle }, (request, response) => {
    answer(request)
      .catch((error) => [400, { error: error.message }])
      .then(([status, body]) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body)));
  });
}

function uses(connection, queue) {
  const name = queue.name.toLowerCase();
  return [...(connection.opened ?? [])].some((path) => path === name || path.startsWith(`${name}/`));
}

async function text(request) {
  let all = "";
  for await (const chunk of request) all += chunk;
  return all;
}
