// Answers for the load balancers and distributions of the emulator, as AWS answers: found by the Host of a request.
import { createServer, ServerResponse } from "node:http";
import { answerViewer } from "./cloudfront.mjs";
import { Exchange } from "./exchange.mjs";
import { answerListener } from "./listener.mjs";
import { Place } from "./place.mjs";

const PORT = 4580;
const place = new Place("http://127.0.0.1:4566/_windlass/edge");

function hostOf(request) {
  const [name = "", port] = (request.headers.host ?? "").toLowerCase().split(":");
  return { name, port: port === undefined ? undefined : Number(port) };
}

async function answer(request, response, upgrade) {
  const exchange = new Exchange(request, response, upgrade);
  const { name, port } = hostOf(request);
  await place.use();
  // Whoever has a name has it from the emulator: what is not known yet is asked for.
  if (!place.knows(name)) await place.refresh();
  const distribution = place.distribution(name);
  if (distribution !== undefined) return await answerViewer(exchange, distribution, place);
  const balancer = place.loadBalancer(name);
  if (balancer !== undefined) return await answerListener(exchange, { balancer, port, place });
  // What a name server would say, had it been asked.
  exchange.reply(421, {}, `no load balancer and no distribution is called ${name}\n`);
}

function serve(request, response, upgrade) {
  answer(request, response, upgrade).catch((error) => {
    console.error("edge:", error);
    response.destroy();
  });
}

const server = createServer((request, response) => serve(request, response, undefined));
server.on("upgrade", (request, socket, head) => {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.shouldKeepAlive = false;
  response.on("finish", () => socket.end());
  socket.on("error", () => socket.destroy());
  serve(request, response, { socket, head });
});
// Uploads and streams take the time they take: the idle timeouts of a load balancer bound them.
server.requestTimeout = 0;
server.headersTimeout = 60_000;
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html: client keep-alive.
server.keepAliveTimeout = 3_600_000;
server.listen(PORT, "0.0.0.0");
place.follow();
