// Find → see what each phone got and why not → choose → check the count → say why → send → watch.
// The whole state is in the address (flow.ts); nothing is sent but by the last button, once.
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { useT } from '../../i18n/context';
import { Icon } from '../../ui/icon';
import { Page } from '../../ui/layout';
import { CheckStep } from './check-step';
import { FindStep } from './find-step';
import { changed, isMeant, readFlow, STEPS, writeFlow, type Flow, type Step } from './flow';
import { ModeStep } from './mode-step';
import './resend.css';

export type Change = (change: Partial<Omit<Flow, 'key'>>) => void;

export default function ResendFlowPage() {
  const t = useT();
  const [search, setSearch] = useSearchParams();
  const text = search.toString();
  const flow = useMemo(() => readFlow(new URLSearchParams(text)), [text]);
  const change = useCallback<Change>(
    // A step is a place to come back to; a field is not.
    (next) => setSearch((now) => writeFlow(changed(readFlow(now), next)), { replace: !('step' in next) }),
    [setSearch],
  );
  const keep = useCallback(
    (key: string) => setSearch((now) => writeFlow({ ...readFlow(now), key }), { replace: true }),
    [setSearch],
  );
  return (
    <Page
      title={t('resend.title')}
      crumbs={[{ href: '/notifications', label: t('notifications.title') }]}
    >
      <Steps flow={flow} go={(step) => change({ step })} />
      {flow.step === 'find' && <FindStep flow={flow} change={change} />}
      {flow.step === 'mode' && <ModeStep flow={flow} change={change} />}
      {flow.step === 'check' && <CheckStep flow={flow} change={change} keepKey={keep} />}
    </Page>
  );
}

function Steps(props: { flow: Flow; go: (step: Step) => void }) {
  const t = useT();
  const { flow } = props;
  const at = STEPS.indexOf(flow.step);
  return (
    <ol className="resend-steps" aria-label={t('resend.title')}>
      {STEPS.map((step, index) => (
        <li key={step} className={index === at ? 'resend-step resend-step-now' : index < at ? 'resend-step resend-step-done' : 'resend-step'}>
          <button
            type="button"
            aria-current={index === at ? 'step' : undefined}
            disabled={index > at && !(index === 1 && isMeant(flow))}
            onClick={() => props.go(step)}
          >
            <span className="resend-step-n">{index < at ? <Icon name="check" size={14} /> : index + 1}</span>
            <span>{t(`resend.step.${step}`)}</span>
          </button>
        </li>
      ))}
      <li className="resend-step">
        <span className="resend-step-last"><span className="resend-step-n">4</span><span>{t('resend.step.watch')}</span></span>
      </li>
    </ol>
  );
}
