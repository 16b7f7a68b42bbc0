// A picture of a set: its main colour at once, its ThumbHash over it, the file when it is there.
import { useEffect, useRef, useState } from 'react';
import { useT } from '../../i18n/context';
import { Icon } from '../../ui/icon';
import type { MediaFile, MediaItem } from './model';
import { thumbhashPixels } from './thumbhash';
import { safeUrl } from './url';

export function Thumbhash(props: { hash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pixels = thumbhashPixels(props.hash);
    const context = canvas.current?.getContext('2d');
    if (!canvas.current || !pixels || !context) return;
    canvas.current.width = pixels.width;
    canvas.current.height = pixels.height;
    const image = context.createImageData(pixels.width, pixels.height);
    image.data.set(pixels.rgba);
    context.putImageData(image, 0, 0);
  }, [props.hash]);
  return <canvas ref={canvas} className="picture-hash" aria-hidden="true" />;
}

export function Picture(props: { set: MediaItem; file: MediaFile | null; large?: boolean }) {
  const { set, file } = props;
  const t = useT();
  const [state, setState] = useState<'waits' | 'there' | 'fails'>('waits');
  const url = safeUrl(file?.url ?? null, window.location.href);
  const entity = set.entities[0]?.entity;
  const alt = entity ? t('media.alt', { entity }) : t('media.alt.none');
  const shape = file ? `${file.width} / ${file.height}` : '1 / 1';
  return (
    <span
      className={props.large ? 'picture picture-large' : 'picture'}
      style={{ backgroundColor: set.dominant ?? undefined, aspectRatio: props.large ? shape : '1 / 1' }}
    >
      {set.thumbhash && state !== 'there' && <Thumbhash hash={set.thumbhash} />}
      {url && state !== 'fails' && (
        <img src={url} alt={alt} loading="lazy" decoding="async" referrerPolicy="no-referrer"
          className={state === 'there' ? 'picture-there' : 'picture-waits'}
          onLoad={() => setState('there')} onError={() => setState('fails')} />
      )}
      {(url === null || state === 'fails') && (
        <span className="picture-fails" role="img" aria-label={`${alt}. ${t('media.unavailable')}`}>
          <Icon name="image" size={24} />
        </span>
      )}
    </span>
  );
}
