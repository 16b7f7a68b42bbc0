import { Component, type ReactNode } from 'react';
import { useT } from '../i18n/context';
import { Button } from '../ui/button';
import { Empty } from '../ui/layout';

interface State {
  failed: boolean;
}

/** Holds an error of one page, so that the navigation stays. */
export class ErrorBoundary extends Component<{ children: ReactNode; resetKey: string }, State> {
  override state: State = { failed: false };

  static getDerivedStateFromError(): State {
    return { failed: true };
  }

  override componentDidUpdate(before: { resetKey: string }): void {
    if (before.resetKey !== this.props.resetKey && this.state.failed) this.setState({ failed: false });
  }

  override render(): ReactNode {
    return this.state.failed ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const t = useT();
  return (
    <div className="page">
      <Empty
        icon="warning"
        title={t('app.broken')}
        action={<Button icon="retry" onPress={() => window.location.reload()}>{t('app.reload')}</Button>}
      >
        {t('app.broken_text')}
      </Empty>
    </div>
  );
}
