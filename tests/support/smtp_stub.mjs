// A strict mail server (RFC 5321) for one test, in the clear with STARTTLS or under TLS at once.
//
//     node smtp_stub.mjs KEY.pem CERT.pem
//
// Prints `SMTP <port>`, `SMTPS <port>` and `READY <port>` (a control port: POST /rules sets what
// happens, GET /seen tells what came). Rules: `extensions`, `starttls`, `auth` (mechanisms), `user`
// and `pass`; at a step (greeting, ehlo, starttls, auth, mail, rcpt, data, end) `{"reply": "550 no"}`
// answers that, `{"close": true}` hangs up, `{"hang": true}` says nothing; `"rcpt": {"ADDRESS":
// {…}}` means one recipient; `"times": 1` holds once. A client that breaks the rules gets its mistake into `problems`.
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';

const secure = { key: fs.readFileSync(process.argv[2]), cert: fs.readFileSync(process.argv[3]) };
let rules = {};
let seen = { connections: 0, tls: 0, messages: [], commands: [], problems: [], open: 0 };

const stepOf = (name) => rules[name] ?? {};

class Session {
    constructor(socket, encrypted) {
        seen.connections += 1;
        seen.open += 1;
        socket.on('close', () => { seen.open -= 1; });
        this.encrypted = encrypted;
        this.user = '';
        this.listen(socket);
        this.act('greeting', '220 stub ESMTP');
        this.restart();
    }

    listen(socket) {
        this.socket = socket;
        this.rest = '';
        this.handler = null;
        socket.setEncoding('latin1');
        socket.on('error', () => {});
        socket.on('data', (piece) => this.take(socket, piece));
    }

    restart() {
        this.mail = null;
        this.to = [];
    }

    problem(text) { seen.problems.push(text); }

    say(text) {
        if (!this.socket.destroyed) this.socket.write(`${text}\r\n`);
    }

    /// Answers as the rule of `name` says; true when the client may go on.
    act(name, usual, rule = stepOf(name)) {
        if (rule.times !== undefined && rule.times-- <= 0) rule = {};
        if (rule.hang) return false;
        if (rule.close) { this.socket.destroy(); return false; }
        this.say(rule.reply ?? usual);
        if (rule.then === 'close') this.socket.destroySoon();
        return (rule.reply ?? usual)[0] < '4';
    }

    take(socket, piece) {
        if (socket !== this.socket) return;
        this.rest += piece;
        for (let end; (end = this.rest.indexOf('\n')) >= 0;) {
            const line = this.rest.slice(0, end + 1);
            this.rest = this.rest.slice(end + 1);
            if (!line.endsWith('\r\n')) this.problem('a line ends without CR');
            if (line.length > 1000) this.problem(`a line of ${line.length} bytes`);
            const text = line.replace(/\r?\n$/, '');
            if (/[^\x09\x20-\x7e]/.test(text)) this.problem('a line with bytes outside of ASCII');
            (this.handler ?? this.command).call(this, text);
        }
    }

    command(line) {
        const [verb] = line.toUpperCase().split(/[ :]/, 1);
        seen.commands.push(verb === 'AUTH' ? 'AUTH' : line);
        const known = {
            EHLO: this.ehlo, STARTTLS: this.starttls, AUTH: this.auth, MAIL: this.from,
            RCPT: this.rcpt, DATA: this.data, QUIT: this.quit, RSET: this.rset,
        };
        if (!known[verb]) { this.problem(`command ${verb}`); return this.say('500 what'); }
        return known[verb].call(this, line);
    }

    ehlo(line) {
        if (!/^EHLO [^\s]+$/.test(line)) this.problem(`bad ${line}`);
        this.greeted = true;
        const lines = ['stub', 'ENHANCEDSTATUSCODES', ...(rules.extensions ?? [])];
        if (!this.encrypted && rules.starttls !== false) lines.push('STARTTLS');
        const mechanisms = rules.auth ?? ['PLAIN', 'LOGIN'];
        if (rules.user && this.encrypted) lines.push(`AUTH ${mechanisms.join(' ')}`);
        const text = lines.map((l, i) => `250${i + 1 < lines.length ? '-' : ' '}${l}`).join('\r\n');
        this.act('ehlo', text);
    }

    starttls() {
        if (this.encrypted) this.problem('STARTTLS under TLS');
        if (!this.act('starttlsReply', '220 go ahead')) return;
        const plain = this.socket;
        plain.removeAllListeners('data');
        if (this.rest) this.problem('text injected before TLS');
        const wrapped = new tls.TLSSocket(plain, { ...secure, isServer: true });
        wrapped.on('secure', () => { seen.tls += 1; });
        this.encrypted = true;
        this.greeted = false;
        this.listen(wrapped);
    }

    auth(line) {
        if (!this.encrypted) this.problem('AUTH in the clear');
        const [, mechanism, initial] = line.split(' ');
        const text = (base64) => Buffer.from(base64, 'base64').toString('utf8');
        const check = (user, pass) => {
            this.handler = null;
            const good = user === rules.user && pass === rules.pass;
            if (good) this.user = user;
            this.act('auth', good ? '235 2.7.0 welcome' : '535 5.7.8 wrong user or password');
        };
        if (mechanism === 'PLAIN') {
            const plain = (given) => check(...text(given).split('\0').slice(1));
            if (initial) return plain(initial);
            this.handler = plain;
            return this.say('334 ');
        }
        if (mechanism !== 'LOGIN') return this.say('504 5.5.4 unknown');
        const user = (given) => {
            this.handler = (pass) => check(text(given), text(pass));
            this.say('334 UGFzc3dvcmQ6');
        };
        if (initial) return user(initial);
        this.handler = user;
        return this.say('334 VXNlcm5hbWU6');
    }

    from(line) {
        const match = /^MAIL FROM:<([^<>\s]*)>( SIZE=\d+)?( BODY=8BITMIME)?$/.exec(line);
        if (!match) { this.problem(`bad ${line}`); return this.say('501 5.5.4 syntax'); }
        if (!this.greeted) this.problem('MAIL before EHLO');
        if (this.mail !== null) this.problem('nested MAIL');
        if (rules.user && !this.user) return this.say('530 5.7.0 log in first');
        if (this.act('mail', '250 2.1.0 ok')) this.mail = match[1];
        return undefined;
    }

    rcpt(line) {
        const match = /^RCPT TO:<([^<>\s@]+@[^<>\s@]+)>$/.exec(line);
        if (!match || this.mail === null) { this.problem(`bad ${line}`); return this.say('503 no'); }
        const all = stepOf('rcpt');
        if (this.act('rcpt', '250 2.1.5 ok', all[match[1]] ?? all)) this.to.push(match[1]);
        return undefined;
    }

    data() {
        if (this.to.length === 0) { this.problem('DATA without RCPT'); return this.say('503 no'); }
        if (!this.act('data', '354 go ahead')) return undefined;
        const lines = [];
        this.handler = (line) => {
            if (rules.closeAfterLines && lines.length >= rules.closeAfterLines) {
                return this.socket.destroy();
            }
            if (line !== '.') {
                lines.push(line.startsWith('.') ? line.slice(1) : line);
                if (line.startsWith('.') && !line.startsWith('..')) this.problem('a bare dot');
                return undefined;
            }
            this.handler = null;
            const { mail: from, to, user, encrypted } = this;
            seen.messages.push({ from, to, user, encrypted, text: `${lines.join('\r\n')}\r\n` });
            this.restart();
            const delay = stepOf('end').delay ?? 0;
            setTimeout(() => this.act('end', '250 2.0.0 queued as 4F1'), delay);
            return undefined;
        };
        return undefined;
    }

    quit() { this.say('221 2.0.0 bye'); this.socket.end(); }

    rset() { this.restart(); this.say('250 2.0.0 ok'); }
}

const listen = (server, name) => new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
        console.log(`${name} ${server.address().port}`);
        done();
    });
});

await listen(net.createServer((socket) => new Session(socket, false)), 'SMTP');
await listen(tls.createServer(secure, (socket) => { seen.tls += 1; new Session(socket, true); }),
    'SMTPS');
await listen(http.createServer((req, res) => {
    let body = '';
    req.on('data', (piece) => { body += piece; });
    req.on('end', () => {
        if (req.method === 'POST') rules = JSON.parse(body);
        res.end(JSON.stringify(seen));
    });
}), 'READY');
