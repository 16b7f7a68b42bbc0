// What a gateway said of an order's attempts to pay: on the timeline and among its checks.
import type { Json } from '../api/types';
import { useT, useWord } from '../i18n/context';
import { Ident, UserText } from './text';
import { attemptsOf, decimalOf, type Attempt } from './payment';

export function Evidence(props: { attempts: Json | undefined; result: string | null; times: number }) {
  const t = useT();
  const attempts = attemptsOf(props.attempts);
  return (
    <>
      {attempts.length > 0 && (
        <ul className="stack-s">
          {attempts.map((one, index) => <AttemptLine key={`${one.id}${index}`} one={one} />)}
        </ul>
      )}
      {(props.result !== null || props.times > 1) && (
        <span className="line muted small">
          {props.result !== null && <span>{t('payment.result')} <Ident className="wrap-anywhere">{props.result}</Ident></span>}
          {props.times > 1 && <span>{t('payment.times', { n: props.times })}</span>}
        </span>
      )}
    </>
  );
}

function AttemptLine(props: { one: Attempt }) {
  const t = useT();
  const word = useWord();
  const { one } = props;
  return (
    <li className="small">
      <span className="line">
        <span className="muted">{t(one.refund ? 'payment.refund' : 'payment.attempt')} <Ident>{one.id}</Ident></span>
        {one.amount && <Ident>{`${decimalOf(one.amount.minor, one.amount.currency)} ${one.amount.currency}`}</Ident>}
        {one.finding && <span>{word('payment.finding', one.finding)}</span>}
        {one.status && <Ident className="muted">{one.status}</Ident>}
        {one.gateway && <Ident className="muted">{one.key === null ? one.gateway : `${one.gateway} ${one.key}`}</Ident>}
      </span>
      {one.problem && <UserText className="error-text">{one.problem}</UserText>}
    </li>
  );
}
