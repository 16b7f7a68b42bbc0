// Which permissions, and where they are limited to some queues or categories.
import { useThing } from '../../api/list';
import type { GrantOf, Page, PermissionInfo } from '../../api/types';
import { useHasMessage, useT } from '../../i18n/context';
import { Checkbox, TextField } from '../../ui/form';
import { Loaded } from '../../ui/layout';
import { Ident } from '../../ui/text';

export function words(text: string): string[] {
  return text.split(/[\s,،]+/).filter((word) => word !== '');
}

export function GrantsField(props: { grants: readonly GrantOf[]; onChange: (grants: GrantOf[]) => void }) {
  const t = useT();
  const all = useThing<Page<PermissionInfo>>('permissions', '/permissions');
  return (
    <fieldset className="plain">
      <legend className="field-label">{t('settings.permissions')}</legend>
      <Loaded query={all}>
        {(page) => (
          <div className="grants">
            {page.items.map((permission) => <Grant key={permission.name} permission={permission} {...props} />)}
          </div>
        )}
      </Loaded>
    </fieldset>
  );
}

function Grant(props: {
  permission: PermissionInfo;
  grants: readonly GrantOf[];
  onChange: (grants: GrantOf[]) => void;
}) {
  const t = useT();
  const has = useHasMessage();
  const { permission, grants, onChange } = props;
  const granted = grants.find((each) => each.permission === permission.name);
  const others = grants.filter((each) => each.permission !== permission.name);
  const means = has(`permission.${permission.name}`) ? t(`permission.${permission.name}`) : permission.means;
  return (
    <div className="grant">
      <Checkbox
        isSelected={granted !== undefined}
        onChange={(on) => onChange(on ? [...others, { permission: permission.name, limited_to: null }] : others)}
      >
        <span className="two-lines"><Ident>{permission.name}</Ident><span className="muted small">{means}</span></span>
      </Checkbox>
      {granted && permission.limit && (
        <TextField
          hideLabel
          label={t(`settings.limit.${permission.limit}`)}
          placeholder={t(`settings.limit.${permission.limit}`)}
          dir="ltr"
          value={(granted.limited_to ?? []).join(' ')}
          onChange={(text) => {
            const names = text.endsWith(' ') ? [...words(text), ''] : words(text);
            onChange([...others, { permission: permission.name, limited_to: names.length > 0 ? names : null }]);
          }}
        />
      )}
    </div>
  );
}

/** As the API takes them: without what is left over from typing. */
export function cleaned(grants: readonly GrantOf[]): GrantOf[] {
  return grants.map(({ permission, limited_to }) => {
    const names = (limited_to ?? []).filter((name) => name !== '');
    return { permission, limited_to: names.length > 0 ? names : null };
  });
}
