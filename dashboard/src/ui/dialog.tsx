// Dialogs that sit over the page, and `useConfirm`, which asks before something is done.
import { createContext, useCallback, useContext, useRef, useState, type ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useT } from '../i18n/context';
import { Button, IconButton } from './button';
import { TextField } from './form';

export function Dialog(props: {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
  alert?: boolean;
}) {
  const t = useT();
  return (
    <ModalOverlay
      className="overlay"
      isOpen={props.isOpen}
      isDismissable={!props.alert}
      onOpenChange={(open) => !open && props.onClose()}
    >
      <Modal className={props.wide ? 'modal modal-wide' : 'modal'}>
        <AriaDialog className="dialog" role={props.alert ? 'alertdialog' : 'dialog'}>
          <header className="dialog-head">
            <Heading slot="title">{props.title}</Heading>
            <IconButton small icon="close" label={t('ui.close')} onPress={props.onClose} />
          </header>
          <div className="dialog-body">{props.children}</div>
          {props.footer && <footer className="dialog-foot">{props.footer}</footer>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface Question {
  title: string;
  /** What will happen, to how many. */
  body?: ReactNode;
  confirm: string;
  danger?: boolean;
  /** Asks for a reason, which goes into the audit log. */
  reason?: 'required' | 'optional';
}

export interface Confirmed {
  reason: string | undefined;
}

type Ask = (question: Question) => Promise<Confirmed | null>;

const ConfirmContext = createContext<Ask>(() => Promise.resolve(null));

/** `const yes = await confirm({...}); if (yes) …`: null when the person thought better of it. */
export function useConfirm(): Ask {
  return useContext(ConfirmContext);
}

export function ConfirmProvider(props: { children: ReactNode }) {
  const t = useT();
  const [question, setQuestion] = useState<Question | null>(null);
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const answer = useRef<((confirmed: Confirmed | null) => void) | null>(null);

  const ask = useCallback<Ask>((next) => {
    answer.current?.(null);
    setReason('');
    setQuestion(next);
    setOpen(true);
    return new Promise((resolve) => (answer.current = resolve));
  }, []);

  const close = (confirmed: Confirmed | null) => {
    answer.current?.(confirmed);
    answer.current = null;
    setOpen(false);
  };
  const given = reason.trim();
  const missing = question?.reason === 'required' && given === '';

  return (
    <ConfirmContext.Provider value={ask}>
      {props.children}
      {question && (
        <Dialog
          alert
          title={question.title}
          isOpen={open}
          onClose={() => close(null)}
          footer={
            <>
              <Button onPress={() => close(null)}>{t('ui.cancel')}</Button>
              <Button
                variant={question.danger ? 'danger' : 'primary'}
                isDisabled={missing}
                onPress={() => close({ reason: given === '' ? undefined : given })}
              >
                {question.confirm}
              </Button>
            </>
          }
        >
          {question.body && <div className="dialog-text">{question.body}</div>}
          {question.reason && (
            <TextField
              label={question.reason === 'required' ? t('ui.reason') : t('ui.reason_optional')}
              help={t('ui.reason_help')}
              value={reason}
              onChange={setReason}
              rows={2}
              dir="auto"
              maxLength={500}
              isRequired={question.reason === 'required'}
            />
          )}
        </Dialog>
      )}
    </ConfirmContext.Provider>
  );
}
