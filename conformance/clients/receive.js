// Receives webhooks as a shop does, verifies them with standardwebhooks and prints a line for each. Arguments: the secret, and how many to wait
// for. The first line has the port.
'use strict';
const http = require('node:http');
const { Webhook } = require('standardwebhooks');

const receiver = new Webhook(process.argv[2]);
let left = Number(process.argv[3]);

const server = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    let line = 'refused';
    try {
      const event = receiver.verify(Buffer.concat(parts).toString('utf8'), request.headers);
      line = `${request.headers['webhook-id']} ${event.type}`;
      response.statusCode = 204;
    } catch (error) {
      line += ` ${error.name}`;
      response.statusCode = 400;
    }
    response.end(() => {
      console.log(line);
      left -= 1;
      if (left === 0) process.exit(0);
    });
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
