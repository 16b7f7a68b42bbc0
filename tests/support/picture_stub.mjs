// A shop's picture server for tests: serves the files of a directory, and answers badly on request.
//
//     node picture_stub.mjs DIRECTORY      prints `READY <port>`; listens on 127.0.0.1
//
// /file/NAME the file; /status/503?after=7 that status with Retry-After; /redirect?to=URL;
// /endless a picture that never ends; /count how many requests for files came.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const directory = process.argv[2];
let files = 0;

const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://stub');
    const [, route, value] = url.pathname.split('/');
    response.on('error', () => {});
    if (route === 'file') {
        files += 1;
        fs.readFile(path.join(directory, path.basename(value)), (error, bytes) => {
            response.writeHead(error ? 404 : 200, { 'content-type': 'image/jpeg' });
            response.end(error ? 'not found' : bytes);
        });
    } else if (route === 'status') {
        const after = url.searchParams.get('after');
        response.writeHead(Number(value), after ? { 'retry-after': after } : {});
        response.end('<html>an error page</html>');
    } else if (route === 'redirect') {
        response.writeHead(302, { location: url.searchParams.get('to') });
        response.end();
    } else if (route === 'endless') {
        response.writeHead(200, { 'content-type': 'image/jpeg' });
        const more = () => { while (response.write(Buffer.alloc(65536))); };
        response.on('drain', more);
        request.on('close', () => response.destroy());
        more();
    } else {
        response.end(String(files));
    }
});
server.on('clientError', (error, socket) => socket.destroy());
server.listen(0, '127.0.0.1', () => console.log(`READY ${server.address().port}`));
