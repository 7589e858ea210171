// SPDX-License-Identifier: MIT
// A client on MQTT.js for test_mqttjs.py: node mqttjs.cjs URL NAME. It subscribes to NAME/in, publishes to NAME/out with
// each QoS, waits for three messages, and prints what it was sent as lines of JSON. The Python side plays the other part.
"use strict";
const mqtt = require("mqtt");

const [url, name] = process.argv.slice(2);
const properties = {
  payloadFormatIndicator: true,
  messageExpiryInterval: 4000,
  contentType: "text/plain",
  responseTopic: "answers/größe",
  correlationData: Buffer.from(Array.from({length: 256}, (_, index) => index)),
  userProperties: {a: ["b", "c"], "größe": "温度"},
};
const say = (kind, packet) => console.log(JSON.stringify({kind, packet}));
const client = mqtt.connect(url, {
  protocolVersion: 5,
  clientId: name,
  username: "größe",
  password: "secret",
  reconnectPeriod: 0,
  connectTimeout: 5000,
  properties: {sessionExpiryInterval: 100, receiveMaximum: 2, userProperties: {a: "b"}},
  will: {topic: `${name}/will`, payload: "gone", qos: 1, properties: {...properties, willDelayInterval: 0}},
});

async function main(connack) {
  say("connack", connack);
  const options = {qos: 2, nl: true, rap: true, rh: 0, properties: {subscriptionIdentifier: 268435455}};
  say("suback", await client.subscribeAsync(`${name}/in`, options));
  for (const qos of [0, 1, 2]) await client.publishAsync(`${name}/out`, `QoS ${qos}`, {qos, properties});
}

let received = 0;
client.on("message", async (topic, payload, packet) => {
  say("message", {...packet, payload: payload.toString()});
  if (++received === 3) {
    await client.endAsync(false, {reasonCode: 4, properties: {reasonString: "bye"}});
    say("end", null);
  }
});
client.on("error", error => say("error", String(error)));
client.on("connect", connack => main(connack).catch(error => say("error", String(error))));
setTimeout(() => process.exit(1), 10000).unref();
