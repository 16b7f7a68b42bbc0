// A scripted stand-in for a MyFatoorah account, built from the documented wire facts.
//
//     node myfatoorah_stub.mjs API_KEY WEBHOOK_SECRET
//
// Prints `READY <port>` (plain HTTP on loopback). The API needs `Authorization: Bearer API_KEY`:
// POST /v2/GetPaymentStatus, /v2/ExecutePayment, /v2/MakeRefund, /v2/GetRefundStatus, /v3/payments
// and GET /v3/payments/{id}. What it holds and does is said to /control (JSON in, JSON out):
//
//   POST /control/invoice  {id, reference, amount: "10.500", currency: "KWD", ...} makes or changes
//        one. More members: status, transactions: [{status, id, currency, value}], display (the
//        text of InvoiceDisplayValue), base_value, expires_at (ISO; default: in a day),
//        script: [step, ...] for the questions about it, each step used up by one.
//   POST /control/script   {id, steps} for an invoice that is there; {path: "/v2/MakeRefund", steps}
//        for the next calls of a path; {reference, steps} for executes with that reference.
//   POST /control/pay      {id, transaction?}: a successful transaction, and the status Paid.
//   POST /control/refund   {id, status, given}: what became of a refund, and what the customer got.
//   POST /control/always   {step}: every call; null ends it.
//   POST /control/fallback {amount, currency, status, prefix}: answers for every invoice number that
//        was never made, with the reference PREFIX + number; null ends it.
//   POST /control/webhook  {url, id, version: 1|2, order: "external"|"customer", code: 1|2|..,
//        times: 3, concurrent, tamper: "amount"|"status"|"invoice"|"signature", secret, refund}: sends it
//        signed, and answers {statuses}. {url, replay: true}: all that were sent before, backwards.
//   GET  /control/state    {calls: {path: {key: n}}, executes, refunds, invoices, unauthorized, most}
//   POST /control/reset    forgets everything.
//
// A step is a text: "same"; "pay", "pay:SAR", "duplicate", "fail", "inprogress", "authorize",
// "cancel", "expire", "strange" change the invoice and answer; "401", "403", "404", "500", "503",
// "429", "429:7" (Retry-After), "refuse" (IsSuccess false), "hang", "reset", "garbage", "truncated",
// "huge", "notjson", "redirect" (to /v2/elsewhere) spoil the answer; before a "!" what happens anyway: "same!hang" executes and then
// never answers, "pay!reset" charges and breaks off. "slow:200" answers after so many ms.
import crypto from 'node:crypto';
import http from 'node:http';

const [apiKey = 'test-key', webhookSecret = 'hook-secret'] = process.argv.slice(2);
let state;
function forget() {
    state = {
        invoices: new Map(), refunds: new Map(), calls: {}, executes: {}, refundCalls: {}, scripts: new Map(),
        unauthorized: 0, next: 6_300_000, always: null, fallback: null, sent: [], underWay: 0, most: 0,
        keys: [], problems: [],
    };
}
forget();

const month = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September',
    'October', 'November', 'December'];
/// The time as Kuwait's clocks show it, which is how expiries are written.
function kuwait(iso) {
    const at = new Date(new Date(iso).getTime() + 3 * 3600_000);
    return {
        date: `${month[at.getUTCMonth()]} ${at.getUTCDate()}, ${at.getUTCFullYear()}`,
        time: at.toISOString().slice(11, 23),
    };
}
function grouped(amount) {
    const [whole, fraction] = String(amount).split('.');
    const commas = whole.replace(/\B(?=(\d{3})+$)/g, ',');
    return fraction === undefined ? commas : `${commas}.${fraction}`;
}
function transaction(invoice, status, more = {}) {
    const no = invoice.transactions.length + 1;
    return {
        id: more.id ?? `0707${invoice.id}${String(no).padStart(4, '0')}`, status,
        currency: more.currency ?? invoice.currency, value: more.value ?? invoice.amount,
    };
}
function make(body) {
    const id = String(body.id ?? state.next++);
    const old = state.invoices.get(id);
    const invoice = {
        id, reference: '', amount: '1.000', currency: 'KWD', status: 'Pending', transactions: [], script: [],
        expires_at: new Date(Date.now() + 86400_000).toISOString(), ...old, ...body,
    };
    invoice.id = id;
    invoice.transactions = (invoice.transactions ?? []).map((one) =>
        ({ ...transaction({ ...invoice, transactions: [] }, one.status), ...one }));
    state.invoices.set(id, invoice);
    return invoice;
}
function pay(invoice, more) {
    invoice.transactions.push(transaction(invoice, 'Succss', more));
    invoice.status = 'Paid';
}

const changes = {
    same: () => {},
    pay: (invoice, argument) => pay(invoice, argument ? { currency: argument, value: '9.999' } : {}),
    duplicate: (invoice) => { pay(invoice); pay(invoice); invoice.status = 'DuplicatePayment'; },
    fail: (invoice) => { invoice.transactions.push(transaction(invoice, 'Failed')); },
    inprogress: (invoice) => { invoice.transactions.push(transaction(invoice, 'InProgress')); },
    authorize: (invoice) => { invoice.transactions.push(transaction(invoice, 'Authorize')); },
    cancel: (invoice) => { invoice.status = 'Canceled'; },
    expire: (invoice) => { invoice.expires_at = new Date(Date.now() - 86400_000).toISOString(); },
    strange: (invoice) => { invoice.status = 'Reversed'; },
};

function send(res, status, body, headers = {}) {
    if (res.destroyed) return;
    res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    res.end(typeof body === 'string' ? body : JSON.stringify(body));
}
const good = (data) => ({ IsSuccess: true, Message: '', ValidationErrors: null, Data: data });
const bad = (message, errors = null) =>
    ({ IsSuccess: false, Message: message, ValidationErrors: errors, Data: null });

const spoilers = {
    hang: () => {},
    reset: (req) => req.socket.resetAndDestroy(),
    garbage: (req, res) => send(res, 200, '{"IsSuccess":tru', {}),
    notjson: (req, res) => send(res, 200, '<html><title>Maintenance صيانة</title></html>',
        { 'content-type': 'text/html' }),
    truncated: (req, res) => {
        res.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
        res.write('{"IsSuccess":true,"Data":{"InvoiceStatus":"Pa');
        setTimeout(() => req.socket.destroy(), 20);
    },
    huge: (req, res) => {
        res.writeHead(200, { 'content-type': 'application/json' });
        const more = () => { while (!res.destroyed && res.write('"'.padEnd(65536, 'x'))); };
        res.on('drain', more);
        more();
    },
    redirect: (req, res) => send(res, 307, '', { location: '/v2/elsewhere' }),
    refuse: (req, res) => send(res, 400, bad('Invalid data', [{ Name: 'InvoiceValue', Error: 'refused' }])),
    429: (req, res, argument) =>
        send(res, 429, bad('Too many requests'), argument ? { 'retry-after': argument } : {}),
};

/// Does what the step says to the invoice; true when the answer is spoiled by it, too.
function act(step, invoice, req, res, answer) {
    const [first, spoiler] = String(step ?? 'same').split('!');
    const [name, argument] = first.split(':');
    if (Object.hasOwn(changes, name)) {
        if (invoice) changes[name](invoice, argument);
        if (!spoiler) return answer();
        answer(true);
        return spoil(spoiler, req, res);
    }
    if (name === 'slow') return setTimeout(answer, Number(argument));
    return spoil(first, req, res);
}
function spoil(text, req, res) {
    const [name, argument] = text.split(':');
    if (Object.hasOwn(spoilers, name)) return spoilers[name](req, res, argument);
    return send(res, Number(name), bad(`Error ${name}`));
}

function statusBody(invoice) {
    const { date, time } = kuwait(invoice.expires_at);
    return good({
        InvoiceId: Number(invoice.id), InvoiceStatus: invoice.status, InvoiceReference: `2026${invoice.id}`,
        CustomerReference: invoice.reference, CreatedDate: '2026-11-20T10:00:00.123',
        ExpiryDate: date, ExpiryTime: time, InvoiceValue: Number(invoice.base_value ?? invoice.amount),
        Comments: null, CustomerName: 'فاطمة العلي', CustomerMobile: '+96550000000',
        CustomerEmail: 'fatima@example.com', UserDefinedField: null,
        InvoiceDisplayValue: invoice.display ?? `${grouped(invoice.amount)} ${invoice.currency}`,
        DueDeposit: 0, DepositStatus: 'Not Deposited', InvoiceItems: [],
        InvoiceTransactions: invoice.transactions.map((one) => ({
            TransactionDate: '2026-11-20T10:01:00.55', PaymentGateway: 'KNET', ReferenceId: '22',
            TrackId: '20-11-2026_33', TransactionId: `9${one.id}`, PaymentId: one.id, AuthorizationId: '44',
            TransactionStatus: one.status, TransationValue: one.value, CustomerServiceCharge: '0.000',
            DueValue: one.value, PaidCurrency: one.currency, PaidCurrencyValue: one.value,
            IpAddress: '10.0.0.1', Country: 'Kuwait', Currency: one.currency,
            Error: one.status === 'Failed' ? 'Declined by the issuer' : null, CardNumber: '512345xxxxxx0008',
            ErrorCode: '',
        })),
        Suppliers: [],
    });
}
const v3Transaction = { Succss: 'SUCCESS', Failed: 'FAILED', InProgress: 'INPROGRESS', Authorize: 'AUTHORIZE',
    Canceled: 'CANCELED' };
function detailsBody(invoice, payment) {
    return good({
        Invoice: {
            Id: invoice.id, Status: invoice.status.toUpperCase(), Reference: `2026${invoice.id}`,
            CreationDate: '2026-11-20T10:00:00.1230000Z', ExpirationDate: invoice.expires_at,
            ExternalIdentifier: invoice.reference, UserDefinedField: '', MetaData: null,
        },
        Transaction: {
            Id: `9${payment.id}`, Status: v3Transaction[payment.status] ?? payment.status,
            PaymentMethod: 'VISA/MASTER', PaymentId: payment.id, ReferenceId: '22',
            Error: { Code: '', Message: '' }, Card: { NameOnCard: 'FATIMA', Number: '512345xxxxxx0008' },
        },
        Customer: { Reference: invoice.reference, Name: 'فاطمة العلي' },
        Amount: {
            BaseCurrency: 'KWD', ValueInBaseCurrency: String(invoice.base_value ?? invoice.amount),
            DisplayCurrency: invoice.currency, ValueInDisplayCurrency: grouped(invoice.amount),
            PayCurrency: payment.currency, ValueInPayCurrency: payment.value,
        },
        Suppliers: [],
    });
}

function lookUp(type, key) {
    switch (String(type).toLowerCase()) {
    case 'invoiceid': return state.invoices.get(key) ?? fallback(key);
    case 'paymentid':
        return [...state.invoices.values()].find((one) => one.transactions.some((t) => t.id === key));
    case 'customerreference':
        return [...state.invoices.values()].findLast((one) => one.reference === key);
    default: return undefined;
    }
}
function fallback(key) {
    if (!state.fallback) return undefined;
    const { prefix = 'R-', ...rest } = state.fallback;
    const invoice = { transactions: [], script: [], expires_at: new Date(Date.now() + 86400_000).toISOString(),
        status: 'Pending', currency: 'KWD', amount: '1.000', ...rest, id: key, reference: prefix + key };
    if (invoice.status === 'Paid') invoice.transactions = [transaction(invoice, 'Succss')];
    return invoice;
}
const nothing = (res) => send(res, 400, bad('No data match the provided values'));
function count(table, key) { table[key] = (table[key] ?? 0) + 1; }

function scripted(...names) {
    for (const name of names) {
        const steps = state.scripts.get(name);
        if (steps?.length > 0) return steps.shift();
    }
    return undefined;
}

function getStatus(req, res, body, path) {
    const key = String(body.Key ?? '');
    const invoice = lookUp(body.KeyType, key);
    const step = scripted(path) ?? invoice?.script.shift();
    act(step, invoice, req, res, (spoiled) => {
        if (spoiled) return;
        if (invoice) send(res, 200, statusBody(invoice));
        else nothing(res);
    });
}
function getDetails(req, res, key) {
    const invoice = lookUp('PaymentId', key);
    const step = scripted('/v3/payments/') ?? invoice?.script.shift();
    act(step, invoice, req, res, (spoiled) => {
        if (spoiled) return;
        if (!invoice) return nothing(res);
        send(res, 200, detailsBody(invoice, invoice.transactions.find((one) => one.id === key)));
    });
}

/// Both ways to execute. A request with an idempotency key that was seen gets the answer of then.
function execute(req, res, body, path) {
    const v3 = path === '/v3/payments';
    const wished = v3 ? body.Order?.ExternalIdentifier ?? body.Customer?.Reference : body.CustomerReference;
    const reference = String(wished ?? '');
    const idempotency = req.headers['idempotency-key'];
    if (!idempotency) state.problems.push(`execute of ${reference} without an idempotency key`);
    count(state.executes, reference);
    const step = scripted(reference, path) ?? 'same';
    if (/^(\d{3}|refuse|hang|reset|garbage|notjson|truncated|huge)(:|$)/.test(step)) {
        return spoil(step, req, res); // nothing has happened
    }
    const made = make({
        reference, amount: String(v3 ? body.Order?.Amount : body.InvoiceValue),
        currency: String((v3 ? body.Order?.Currency : body.DisplayCurrencyIso) ?? 'KWD'),
    });
    act(step, made, req, res, (spoiled) => {
        if (spoiled) return;
        const url = `https://demo.myfatoorah.com/KWT/ie/${made.id}`;
        const paid = made.transactions.at(-1);
        send(res, 200, good(v3
            ? { InvoiceId: made.id, PaymentId: paid?.id ?? null, PaymentURL: url, PaymentCompleted: Boolean(paid),
                TransactionDetails: null }
            : { InvoiceId: Number(made.id), IsDirectPayment: false, PaymentURL: url,
                CustomerReference: reference, UserDefinedField: null, RecurringId: '' }));
    });
}

function makeRefund(req, res, body, path) {
    const key = String(body.Key ?? '');
    const invoice = lookUp(body.KeyType, key);
    count(state.refundCalls, String(body.ExternalIdentifier ?? key));
    const step = scripted(path) ?? 'same';
    if (!/!|^(same|slow)/.test(step)) return spoil(step, req, res); // nothing has happened
    if (!invoice) return nothing(res);
    const id = String(270_000 + state.refunds.size);
    const refund = { id, status: 'Pending', invoice: invoice.id, amount: body.Amount,
        reference: `2026R${id}`, external: body.ExternalIdentifier ?? null };
    state.refunds.set(id, refund);
    act(step, invoice, req, res, (spoiled) => {
        if (spoiled) return;
        send(res, 200, good({ Key: key, RefundId: Number(id), RefundReference: refund.reference,
            RefundInvoiceId: Number(invoice.id), Amount: body.Amount, Comment: body.Comment ?? '' }));
    });
}
function refundStatus(req, res, body, path) {
    const key = String(body.Key ?? '');
    const type = String(body.KeyType).toLowerCase();
    const found = [...state.refunds.values()].filter((one) =>
        (type === 'refundid' && one.id === key) || (type === 'invoiceid' && one.invoice === key) ||
        (type === 'refundreference' && one.reference === key));
    act(scripted(path), null, req, res, (spoiled) => {
        if (spoiled) return;
        if (found.length === 0) return nothing(res);
        send(res, 200, good({ RefundStatusResult: found.map((one) => ({
            RefundId: Number(one.id), RefundStatus: one.status, InvoiceId: Number(one.invoice),
            Amount: Number(one.amount), RefundReference: one.reference, ExternalIdentifier: one.external,
            RRN: null, RefundAmount: one.given ?? Number(one.amount), BaseCurrency: 'KWD' })) }));
    });
}

function serve(req, res, raw) {
    const path = new URL(req.url, 'http://stub').pathname;
    if (req.headers.authorization !== `Bearer ${apiKey}`) {
        state.unauthorized += 1;
        return send(res, 401, { Message: 'Authorization has been denied for this request.' });
    }
    let body = {};
    try {
        if (raw.length > 0) body = JSON.parse(raw);
    } catch {
        return send(res, 400, bad('Invalid JSON'));
    }
    const [, details] = /^\/v3\/payments\/(.+)$/.exec(path) ?? [];
    const called = details === undefined ? path : '/v3/payments/';
    state.calls[called] ??= {};
    count(state.calls[called], details ?? String(body.Key ?? body.CustomerReference ?? ''));
    if (req.headers['idempotency-key']) state.keys.push(req.headers['idempotency-key']);
    if (state.always) return spoil(state.always, req, res);
    if (req.method === 'GET' && details) return getDetails(req, res, decodeURIComponent(details));
    if (req.method !== 'POST') return send(res, 405, '');
    if (path === '/v2/GetPaymentStatus') return getStatus(req, res, body, path);
    if (path === '/v2/ExecutePayment' || path === '/v3/payments') return execute(req, res, body, path);
    if (path === '/v2/MakeRefund') return makeRefund(req, res, body, path);
    if (path === '/v2/GetRefundStatus') return refundStatus(req, res, body, path);
    return send(res, 404, bad('Not found'));
}

// ---------------------------------------------------------------------------------------- webhooks

const sign = (text, secret) => crypto.createHmac('sha256', secret).update(text, 'utf8').digest('base64');
const text = (value) => (value === null || value === undefined ? '' : String(value));

function webhookV1(invoice, payment, refund, code) {
    const data = code === 2
        ? { RefundId: Number(refund?.id ?? 1), RefundReference: text(refund?.reference),
            InvoiceId: Number(invoice.id), RefundStatus: 'REFUNDED', Amount: text(refund?.amount),
            Comments: null, GatewayReference: 'GW-1', CreatedDate: '20112026100000' }
        : { InvoiceId: Number(invoice.id), InvoiceReference: `2026${invoice.id}`, CreatedDate: '20112026100000',
            CustomerReference: invoice.reference, CustomerName: 'فاطمة العلي', CustomerMobile: '+96550000000',
            CustomerEmail: null, TransactionStatus: 'SUCCESS', PaymentMethod: 'KNET', UserDefinedField: null,
            ReferenceId: '22', TrackId: '33', PaymentId: text(payment?.id), AuthorizationId: '44',
            InvoiceValueInBaseCurrency: invoice.amount, BaseCurrency: 'KWD',
            InvoiceValueInDisplayCurreny: invoice.amount, DisplayCurrency: invoice.currency,
            InvoiceValueInPayCurrency: invoice.amount, PayCurrency: invoice.currency };
    const signed = Object.keys(data).filter((key) => !(code === 2 && key === 'GatewayReference'))
        .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
        .map((key) => `${key}=${text(data[key])}`).join(',');
    const names = { 1: 'TransactionsStatusChanged', 2: 'RefundStatusChanged', 3: 'BalanceTransferred',
        4: 'SupplierStatusChanged', 5: 'RecurringStatusChanged' };
    return { body: { EventType: code, Event: names[code], DateTime: '20112026100100', CountryIsoCode: 'KWT',
        Data: data }, signed };
}
function webhookV2(invoice, payment, refund, code, order) {
    const names = { 1: 'PAYMENT_STATUS_CHANGED', 2: 'REFUND_STATUS_CHANGED', 3: 'BALANCE_TRANSFERRED',
        4: 'SUPPLIER_STATUS_CHANGED', 5: 'RECURRING_UPDATES' };
    const event = { Code: code, Name: names[code], CountryIsoCode: 'KWT', Reference: `WH-${invoice.id}`,
        CreationDate: '2026-11-20T10:01:00.0000000Z' };
    if (code === 2) {
        const data = {
            Refund: { Id: text(refund?.id ?? 1), Status: 'REFUNDED', Reference: text(refund?.reference) },
            Amount: { BaseCurrency: 'KWD', ValueInBaseCurrency: text(refund?.amount ?? invoice.amount) },
            ReferencedInvoice: { Id: invoice.id },
        };
        return { body: { Event: event, Data: data }, signed: `Refund.Id=${data.Refund.Id},Refund.Status=`
            + `${data.Refund.Status},Amount.ValueInBaseCurrency=${data.Amount.ValueInBaseCurrency},`
            + `ReferencedInvoice.Id=${data.ReferencedInvoice.Id}` };
    }
    if (code === 3) {
        const data = { Deposit: { Reference: '2026000002', BaseCurrency: 'KWD', ValueInBaseCurrency: '6917.282',
            NumberOfTransactions: '24' } };
        return { body: { Event: event, Data: data }, signed: 'Deposit.Reference=2026000002,'
            + 'Deposit.ValueInBaseCurrency=6917.282,Deposit.NumberOfTransactions=24' };
    }
    const data = {
        Invoice: { Id: invoice.id, Status: invoice.status.toUpperCase(), Reference: `2026${invoice.id}`,
            ExternalIdentifier: order === 'customer' ? null : invoice.reference },
        Transaction: { Id: '9', Status: 'SUCCESS', PaymentMethod: 'KNET', PaymentId: text(payment?.id) },
        Customer: { Name: 'فاطمة العلي', Reference: invoice.reference },
        Amount: { BaseCurrency: 'KWD', ValueInBaseCurrency: invoice.amount, DisplayCurrency: invoice.currency,
            ValueInDisplayCurrency: invoice.amount },
    };
    const last = order === 'customer' ? `Customer.Reference=${text(data.Customer.Reference)}`
        : `Invoice.ExternalIdentifier=${text(data.Invoice.ExternalIdentifier)}`;
    return { body: { Event: event, Data: data }, signed: `Invoice.Id=${data.Invoice.Id},Invoice.Status=`
        + `${data.Invoice.Status},Transaction.Status=${data.Transaction.Status},Transaction.PaymentId=`
        + `${data.Transaction.PaymentId},${last}` };
}

function tamper(body, signature, what) {
    const amount = body.Data.Amount ?? body.Data;
    if (what === 'amount') {
        for (const key of Object.keys(amount)) if (/Value|^Amount$/.test(key)) amount[key] = '99999.000';
    }
    if (what === 'status') {
        if (body.Data.Invoice) body.Data.Invoice.Status = 'CANCELED';
        else body.Data.TransactionStatus = 'FAILED';
    }
    if (what === 'invoice') {
        if (body.Data.Invoice) body.Data.Invoice.Id = '1';
        else body.Data.InvoiceId = 1;
    }
    return what === 'signature' ? `${signature.slice(0, 10)}AAAA${signature.slice(14)}` : signature;
}
async function post({ url, body, headers }) {
    try {
        const answer = await fetch(url, { method: 'POST', body, headers });
        await answer.text();
        return answer.status;
    } catch {
        return 0;
    }
}
async function webhook(wish) {
    if (wish.replay) {
        const statuses = [];
        for (const one of [...state.sent].reverse()) statuses.push(await post({ ...one, url: wish.url }));
        return { statuses };
    }
    const { version = 2, code = 1, times = 1, order = 'external' } = wish;
    const invoice = state.invoices.get(String(wish.id)) ?? { id: String(wish.id), reference: '', amount: '1.000',
        currency: 'KWD', status: 'Paid', transactions: [] };
    const payment = invoice.transactions.at(-1);
    const refund = state.refunds.get(String(wish.refund));
    const { body, signed } = version === 1 ? webhookV1(invoice, payment, refund, code)
        : webhookV2(invoice, payment, refund, code, order);
    let signature = sign(signed, wish.secret ?? webhookSecret);
    if (wish.tamper) signature = tamper(body, signature, wish.tamper);
    const headers = { 'content-type': 'application/json', 'myfatoorah-signature': signature };
    if (version === 2) headers['myfatoorah-webhook-version'] = 'v2';
    const message = { url: wish.url, body: JSON.stringify(body), headers };
    state.sent.push(message);
    const statuses = [];
    if (wish.concurrent) {
        statuses.push(...await Promise.all(Array.from({ length: times }, () => post(message))));
    } else {
        for (let i = 0; i < times; i += 1) statuses.push(await post(message));
    }
    return { statuses };
}

// ----------------------------------------------------------------------------------------- control

const commands = {
    invoice: (body) => make(body),
    script: ({ id, reference, path, steps }) => {
        if (id !== undefined) state.invoices.get(String(id)).script = [...steps];
        else state.scripts.set(reference ?? path, [...steps]);
        return {};
    },
    pay: ({ id, transaction: more }) => { pay(state.invoices.get(String(id)), more); return {}; },
    refund: ({ id, ...became }) => { Object.assign(state.refunds.get(String(id)), became); return {}; },
    always: ({ step }) => { state.always = step; return {}; },
    fallback: (body) => { state.fallback = body; return {}; },
    webhook,
    reset: () => { forget(); return {}; },
    state: () => ({
        calls: state.calls, executes: state.executes, refund_calls: state.refundCalls,
        refunds: [...state.refunds.values()], invoices: [...state.invoices.values()],
        unauthorized: state.unauthorized, most: state.most, idempotency_keys: state.keys,
        problems: state.problems,
    }),
};
async function control(res, name, raw) {
    try {
        const answer = await commands[name](raw.length > 0 ? JSON.parse(raw) : {});
        send(res, 200, answer);
    } catch (error) {
        send(res, 500, { problem: String(error) });
    }
}

http.createServer((req, res) => {
    const pieces = [];
    req.on('error', () => {});
    res.on('error', () => {});
    req.on('data', (piece) => pieces.push(piece));
    req.on('end', () => {
        const raw = Buffer.concat(pieces).toString('utf8');
        const [, name] = /^\/control\/(\w+)$/.exec(req.url) ?? [];
        if (name) return control(res, name, raw);
        state.underWay += 1;
        state.most = Math.max(state.most, state.underWay);
        res.on('close', () => { state.underWay -= 1; });
        return serve(req, res, raw);
    });
}).listen(0, '127.0.0.1', function ready() { console.log(`READY ${this.address().port}`); });
