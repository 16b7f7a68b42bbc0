// A strict collector: takes OTLP/HTTP trace exports in JSON and refuses what the protocol doesn't say.
//
//     node otlp_stub.mjs
//
// Prints `READY <port>`; for each span that it took one line `SPAN <json>` (ids, parent, name, kind,
// attributes as an object, status, service), for each request that it refused one line `BAD <why>`.
// POST /behave {"status": 429, "after": "0", "times": 2, "hang": false} says how the next exports
// are answered.
import http from 'node:http';

let behaviour = { times: 0 };

function fail(why) { throw new Error(why); }

/// Exactly these members, the required ones among them.
function members(what, value, required, optional = []) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(`${what}: no object`);
    for (const name of required) if (!(name in value)) fail(`${what}: no ${name}`);
    for (const name of Object.keys(value)) {
        if (!required.includes(name) && !optional.includes(name)) fail(`${what}: unknown ${name}`);
    }
}

function attributesOf(what, list) {
    if (!Array.isArray(list)) fail(`${what}: attributes`);
    const all = {};
    for (const item of list) {
        members(`${what} attribute`, item, ['key', 'value']);
        if (typeof item.key !== 'string' || !item.key) fail(`${what}: key`);
        if (item.key in all) fail(`${what}: ${item.key} twice`);
        const [[type, value], ...more] = Object.entries(item.value);
        if (more.length) fail(`${what}: ${item.key} has two values`);
        if (type === 'stringValue' && typeof value === 'string') all[item.key] = value;
        else if (type === 'intValue' && /^-?\d+$/.test(value) && typeof value === 'string') all[item.key] = Number(value);
        else if (type === 'boolValue' && typeof value === 'boolean') all[item.key] = value;
        else if (type === 'doubleValue' && typeof value === 'number') all[item.key] = value;
        else fail(`${what}: ${item.key} is a bad ${type}`);
    }
    return all;
}

function spanOf(service, span) {
    members('span', span, ['traceId', 'spanId', 'name', 'kind', 'startTimeUnixNano', 'endTimeUnixNano'],
        ['parentSpanId', 'flags', 'attributes', 'status', 'traceState', 'events', 'links']);
    if (!/^[0-9a-f]{32}$/.test(span.traceId) || /^0+$/.test(span.traceId)) fail('traceId');
    if (!/^[0-9a-f]{16}$/.test(span.spanId) || /^0+$/.test(span.spanId)) fail('spanId');
    if ('parentSpanId' in span && !/^[0-9a-f]{16}$/.test(span.parentSpanId)) fail('parentSpanId');
    if (!Number.isInteger(span.kind) || span.kind < 1 || span.kind > 5) fail('kind');
    if (typeof span.name !== 'string' || !span.name) fail('name');
    for (const time of [span.startTimeUnixNano, span.endTimeUnixNano]) {
        if (typeof time !== 'string' || !/^\d{19}$/.test(time)) fail('a time');
    }
    if (BigInt(span.endTimeUnixNano) < BigInt(span.startTimeUnixNano)) fail('ends before it starts');
    members('status', span.status ?? {}, [], ['code', 'message']);
    if (![undefined, 0, 1, 2].includes(span.status?.code)) fail('status.code');
    return {
        service, trace: span.traceId, id: span.spanId, parent: span.parentSpanId ?? '', name: span.name,
        kind: span.kind, attributes: attributesOf('span', span.attributes ?? []), status: span.status ?? {},
        ms: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
    };
}

function spansOf(req, body) {
    if (req.headers['content-type'] !== 'application/json') fail('content-type');
    const root = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    members('request', root, ['resourceSpans']);
    const all = [];
    for (const resource of root.resourceSpans) {
        members('resourceSpans', resource, ['resource', 'scopeSpans'], ['schemaUrl']);
        const about = attributesOf('resource', resource.resource.attributes);
        if (!about['service.name']) fail('service.name');
        for (const scope of resource.scopeSpans) {
            members('scopeSpans', scope, ['scope', 'spans'], ['schemaUrl']);
            for (const span of scope.spans) all.push(spanOf(about['service.name'], span));
        }
    }
    if (!all.length) fail('nothing in it');
    return all;
}

http.createServer((req, res) => {
    const pieces = [];
    req.on('error', () => {});
    res.on('error', () => {});
    req.on('data', (piece) => pieces.push(piece));
    req.on('end', () => {
        const body = Buffer.concat(pieces);
        if (req.url === '/behave') {
            behaviour = JSON.parse(body);
            return res.end();
        }
        if (behaviour.hang) return undefined;
        if (behaviour.times > 0) {
            behaviour.times -= 1;
            if (behaviour.after) res.setHeader('retry-after', behaviour.after);
            console.log(`REFUSED ${behaviour.status}`);
            return res.writeHead(behaviour.status).end();
        }
        try {
            if (req.method !== 'POST' || req.url !== '/v1/traces') fail(`${req.method} ${req.url}`);
            for (const span of spansOf(req, body)) console.log(`SPAN ${JSON.stringify(span)}`);
            return res.setHeader('content-type', 'application/json').end('{"partialSuccess":{}}');
        } catch (error) {
            console.log(`BAD ${error.message}`);
            return res.writeHead(400).end();
        }
    });
}).listen(0, '127.0.0.1', function ready() { console.log(`READY ${this.address().port}`); });
