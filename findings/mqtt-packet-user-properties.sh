#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The npm package mqtt-packet loses the order of User Properties: those of one name are put together, and names that
# are whole numbers come first, by size. Written again, the packet has other bytes.
source "$(dirname "$0")/lib.sh"
need node nodejs
need npm npm
npm_install mqtt-packet@9.0.2
python=node
cat >user.cjs <<'NODE'
const assert = require("assert");
const mqtt = require("mqtt-packet");
const version = {protocolVersion: 5};
const properties = [["10", "a"], ["2", "b"], ["x", "c"], ["2", "d"]];
const string = text => Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
const pair = ([name, value]) => Buffer.concat([Buffer.from([0x26]), string(name), string(value)]);
const block = pairs => Buffer.concat(pairs.map(pair));
const publish = pairs => {
  const props = block(pairs);
  const body = Buffer.concat([string("t"), Buffer.from([props.length]), props, Buffer.from("x")]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
};
const parser = mqtt.parser(version);
parser.on("packet", packet => {
  const written = mqtt.generate(packet, version);
  console.log("read:   ", JSON.stringify(packet.properties.userProperties));
  console.log("sent:   ", publish(properties).toString("hex"));
  console.log("written:", written.toString("hex"));
  assert.deepStrictEqual(written, publish([["2", "b"], ["2", "d"], ["10", "a"], ["x", "c"]]));
  console.log("as expected");
});
parser.parse(publish(properties));
NODE
timeout 30 node user.cjs | tee seen
grep -q "as expected" seen
