// Prints laps, standings, flags, doubtful passings and results of races, from the facts that serve --facts-format json publishes.
//
//     npm install @platformatic/kafka                    # pure JavaScript; version 2 from Node 22 on, version 1 for Node 20
//     node standings.mjs kafka1:9092 lightsout           # all races
//     node standings.mjs kafka1:9092 lightsout RACE      # one race, until its result is final

import { randomUUID } from "node:crypto";
import { Consumer, MessagesStreamModes, stringDeserializers } from "@platformatic/kafka";

const [brokers, prefix, only] = process.argv.slice(2);
const newest = new Map(); // by race: what came last
const orders = new Map(); // by race: the drivers by position
const consumer = new Consumer({
  clientId: "standings",
  groupId: `${prefix}-standings-${randomUUID()}`, // all partitions are this program's
  bootstrapBrokers: brokers.split(","),
  deserializers: stringDeserializers,
});
const facts = await consumer.consume({ topics: [`${prefix}.facts`], mode: MessagesStreamModes.EARLIEST, autocommit: false });

function text(fact, order) {
  switch (fact.type) {
    case "order":
      order.splice(fact.from - 1, fact.driver_numbers.length, ...fact.driver_numbers);
      return `order ${order.join(" ")}`;
    case "lap":
      return `lap ${fact.lap_number} of car ${fact.driver_number}: ${fact.lap_duration_ms} ms, position ${fact.position}`;
    case "event":
      return fact.kind === "flag" && `flag ${fact.flag} at ${fact.time_ms} ms`;
    case "passing":
      return fact.verdict !== "accepted" && `passing ${fact.passing} is ${fact.verdict}: ${fact.reason}`;
    case "result": {
      const places = fact.classification.map((c) => `${c.position ?? "-"}:${c.driver_number}`);
      return `result ${fact.version} (${fact.status}) ${places.join(" ")}`;
    }
  }
}

for await (const message of facts) {
  const fact = JSON.parse(message.value);
  const before = newest.get(fact.race) ?? { seq: 0, index: 0 };
  if ((only && fact.race !== only) || fact.seq < before.seq || (fact.seq === before.seq && fact.index <= before.index)) {
    continue; // a processor that takes over may publish the last facts again
  }
  newest.set(fact.race, fact);
  if (!orders.has(fact.race)) orders.set(fact.race, []);
  const line = text(fact, orders.get(fact.race));
  if (line) console.log(fact.race, line);
  if (only && fact.type === "result" && fact.final) break;
}

await consumer.close(true);
