// Says what Node read of each request. The first server reads, the second one
// tells and forgets. An argument makes the parser as lenient as it can be.
const http = require('node:http');
const bytes = (s) => Buffer.from(s, 'latin1').toString('base64');
let read = [];
const options = {maxHeaderSize: 65536, insecureHTTPParser: process.argv[2] === 'lenient'};
const reader = http.createServer(options, (req, res) => {
  const body = [];
  req.on('data', (chunk) => body.push(chunk));
  req.on('end', () => {
    read.push({method: req.method, target: bytes(req.url), fields: req.rawHeaders.map(bytes), body: Buffer.concat(body).toString('base64')});
    res.writeHead(204);
    res.end();
  });
});
reader.maxHeadersCount = 0;
const teller = http.createServer((req, res) => {
  res.end(JSON.stringify(read));
  read = [];
});
reader.listen(0, '127.0.0.1', () => teller.listen(0, '127.0.0.1', () => {
  console.log(`reads on 127.0.0.1:${reader.address().port}, tells on 127.0.0.1:${teller.address().port}`);
}));
process.on('SIGTERM', () => process.exit(0));
