// One picture set: the picture, its files, whom it belongs to, and what shows before it is there.
import { useState } from 'react';
import { useParams } from 'wouter';
import { api } from '../../api/client';
import { useThing } from '../../api/list';
import { useAction } from '../../app/action';
import { useFormat, useT, useWord } from '../../i18n/context';
import { Button, TextLink } from '../../ui/button';
import { useConfirm } from '../../ui/dialog';
import { Facts, Loaded, Page, Section } from '../../ui/layout';
import { Badge, Ident, None, Time, UserText } from '../../ui/text';
import type { MediaFile, MediaSet } from './model';
import { Picture, Thumbhash } from './picture';
import { safeUrl } from './url';
import './media.css';

export default function SetPage() {
  const { id = '' } = useParams<{ id: string }>();
  const t = useT();
  const word = useWord();
  const confirm = useConfirm();
  const query = useThing<MediaSet>('media', `/media/${encodeURIComponent(id)}`);
  const again = useAction<string | undefined, MediaSet>({
    run: (reason) => api.post(`/media/${id}/reprocess`, reason ? { reason } : {}),
    topics: ['media'],
    done: () => t('media.reprocess.done'),
  });
  const ask = async () => {
    const yes = await confirm({
      title: t('media.reprocess.title'), body: t('media.reprocess.hint'), confirm: t('media.reprocess'), reason: 'optional',
    });
    if (yes) again.mutate(yes.reason);
  };
  return (
    <Page
      title={t('media.set', { id })}
      crumbs={[{ href: '/media', label: t('media.title') }]}
      lead={query.data && (
        <Badge tone={query.data.state === 'complete' ? 'good' : 'info'}>{word('media.state', query.data.state)}</Badge>
      )}
      actions={query.data?.allowed_actions.includes('reprocess') && (
        <Button icon="retry" busy={again.isPending} onPress={() => void ask()}>{t('media.reprocess')}</Button>
      )}
    >
      <Loaded query={query}>{(set) => <Body set={set} />}</Loaded>
    </Page>
  );
}

function Body(props: { set: MediaSet }) {
  const { set } = props;
  const t = useT();
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = set.variants.find((file) => file.key === chosen) ?? set.preview;
  return (
    <div className="media-set">
      <div className="media-main">
        <Picture key={shown?.key ?? ''} set={set} file={shown} large />
        <Placeholders set={set} />
      </div>
      <div className="stack">
        <Section title={t('media.variants')} flush>
          <Files files={set.variants} chosen={shown?.key ?? null} choose={setChosen} />
        </Section>
        <Section title={t('notification.facts')}><About set={set} /></Section>
        {set.jobs.length > 0 && <Jobs set={set} />}
      </div>
    </div>
  );
}

function Placeholders(props: { set: MediaSet }) {
  const { set } = props;
  const t = useT();
  if (!set.dominant && !set.thumbhash) return null;
  return (
    <div className="placeholders">
      <span className="muted small">{t('media.placeholder')}</span>
      {set.dominant && (
        <span className="swatch" style={{ backgroundColor: set.dominant }} role="img"
          aria-label={t('media.dominant', { colour: set.dominant })} title={set.dominant} />
      )}
      {set.thumbhash && <span className="swatch"><Thumbhash hash={set.thumbhash} /></span>}
      {set.dominant && <Ident className="small">{set.dominant}</Ident>}
    </div>
  );
}

function Files(props: { files: readonly MediaFile[]; chosen: string | null; choose: (key: string) => void }) {
  const t = useT();
  const format = useFormat();
  const most = Math.max(1, ...props.files.map((file) => file.bytes));
  return (
    <div className="table-wrap">
      <table className="table">
        <caption className="visually-hidden">{t('media.variants')}</caption>
        <thead>
          <tr>
            <th scope="col" className="cell">{t('media.variant.size')}</th>
            <th scope="col" className="cell">{t('media.variant.format')}</th>
            <th scope="col" className="cell">{t('media.variant.bytes')}</th>
            <th scope="col" className="cell"><span className="visually-hidden">{t('media.variant.link')}</span></th>
          </tr>
        </thead>
        <tbody>
          {props.files.map((file) => (
            <tr key={file.key} className={file.key === props.chosen ? 'row row-chosen' : 'row'}>
              <td className="cell cell-main" data-label={t('media.variant.size')}>
                <button type="button" className="link plain-button" aria-pressed={file.key === props.chosen} onClick={() => props.choose(file.key)}>
                  <Ident>{`${file.width} × ${file.height}`}</Ident>
                </button>
              </td>
              <td className="cell" data-label={t('media.variant.format')}><Ident>{file.format}</Ident></td>
              <td className="cell" data-label={t('media.variant.bytes')}>
                <span className="bytes">
                  <span className="nowrap">{format.bytes(file.bytes)}</span>
                  <span className="bytes-bar" aria-hidden="true"><i style={{ inlineSize: `${(100 * file.bytes) / most}%` }} /></span>
                </span>
              </td>
              <td className="cell" data-label={t('media.variant.link')}><Open file={file} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Open(props: { file: MediaFile }) {
  const t = useT();
  const url = safeUrl(props.file.url, window.location.href);
  if (url === null) return <None />;
  return <a className="link" href={url} target="_blank" rel="noreferrer noopener">{t('media.variant.link')}</a>;
}

function About(props: { set: MediaSet }) {
  const { set } = props;
  const t = useT();
  const size = set.source_width !== null && set.source_height !== null ? `${set.source_width} × ${set.source_height}` : '';
  return (
    <Facts
      facts={[
        {
          label: t('media.entities'), wide: true,
          value: set.entities.length > 0 && (
            <ul className="plain-list">
              {set.entities.map((one) => (
                <li key={`${one.entity}/${one.slot}`}>
                  <TextLink href={`/timeline?tag=${encodeURIComponent(one.entity)}`}><Ident>{one.entity}</Ident></TextLink>
                  {one.slot !== '' && <> <Ident className="muted">{one.slot}</Ident></>}
                  {one.source && <> <Ident className="muted small">{one.source.at}</Ident></>}
                </li>
              ))}
            </ul>
          ),
        },
        { label: t('media.recipe'), value: set.recipe !== '' && <Ident>{set.recipe}</Ident> },
        { label: t('media.source'), value: <Ident>{`${set.source_format ?? ''} ${size}`.trim()}</Ident> },
        { label: t('media.store'), value: <><Ident>{set.store}</Ident> {set.private && <Badge tone="neutral" icon="lock">{t('media.private')}</Badge>}</> },
        { label: t('notifications.column.when'), value: <Time at={set.created_at} absolute /> },
      ]}
    />
  );
}

function Jobs(props: { set: MediaSet }) {
  const t = useT();
  const word = useWord();
  return (
    <Section title={t('media.jobs')}>
      <ul className="plain-list">
        {props.set.jobs.map((job) => (
          <li key={job.id}>
            <TextLink href={`/jobs/${job.id}`}><Ident>{job.kind}</Ident> <Ident>{`#${job.id}`}</Ident></TextLink>{' '}
            <span className="muted">{word('job.state', job.state)} · <Time at={job.finished_at ?? job.created_at} /></span>
            {job.error && <p className="muted small"><UserText>{job.error}</UserText></p>}
          </li>
        ))}
      </ul>
    </Section>
  );
}
