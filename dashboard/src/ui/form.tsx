// Fields: label above, help or error below, React Aria inside.
import { useEffect, useState, type ReactNode } from 'react';
import {
  Button as AriaButton, Checkbox as AriaCheckbox, FieldError, Input, Label, ListBox, ListBoxItem, Popover, Select as AriaSelect, SelectValue, Switch as AriaSwitch, Text, TextArea,
  TextField as AriaTextField, type Key,
} from 'react-aria-components';
import { latinDigits } from '../app/search';
import { useT } from '../i18n/context';
import { Icon } from './icon';

interface FieldProps {
  label: string;
  /** For fields whose surroundings say what they are: the label is only spoken. */
  hideLabel?: boolean;
  help?: ReactNode;
  error?: string | undefined;
  isRequired?: boolean;
  isDisabled?: boolean;
}

function FieldLabel(props: { label: string; hidden: boolean | undefined }) {
  return <Label className={props.hidden ? 'visually-hidden' : 'field-label'}>{props.label}</Label>;
}

function Below(props: { help: ReactNode; error: string | undefined }) {
  return (
    <>
      {props.help && !props.error && <Text slot="description" className="field-help">{props.help}</Text>}
      <FieldError className="field-error">{props.error}</FieldError>
    </>
  );
}

export function TextField(props: FieldProps & {
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'password' | 'search' | 'email' | 'datetime-local' | 'date' | 'url';
  placeholder?: string;
  rows?: number;
  /** "ltr" for ids, code and addresses; "auto" for what people write. */
  dir?: 'ltr' | 'auto';
  mono?: boolean;
  autoComplete?: string;
  autoFocus?: boolean;
  name?: string;
  maxLength?: number;
  onBlur?: () => void;
  onSubmit?: () => void;
}) {
  const shape = {
    className: props.mono ? 'input mono' : 'input',
    ...(props.placeholder ? { placeholder: props.placeholder } : {}),
    // An empty field would take its placeholder for left to right.
    ...(props.dir && (props.dir === 'ltr' || props.value !== '') ? { dir: props.dir } : {}),
  };
  return (
    <AriaTextField
      className="field"
      value={props.value}
      onChange={props.onChange}
      isRequired={props.isRequired ?? false}
      isDisabled={props.isDisabled ?? false}
      isInvalid={props.error !== undefined}
      validationBehavior="aria"
      {...(props.autoComplete ? { autoComplete: props.autoComplete } : {})}
      {...(props.autoFocus ? { autoFocus: true } : {})}
      {...(props.name ? { name: props.name } : {})}
      {...(props.maxLength ? { maxLength: props.maxLength } : {})}
      {...(props.onBlur ? { onBlur: props.onBlur } : {})}
      {...(props.onSubmit ? { onKeyDown: (event) => event.key === 'Enter' && props.onSubmit?.() } : {})}
    >
      <FieldLabel label={props.label} hidden={props.hideLabel} />
      {props.rows
        ? <TextArea rows={props.rows} {...shape} />
        : <Input type={props.type ?? 'text'} {...shape} />}
      <Below help={props.help} error={props.error} />
    </AriaTextField>
  );
}

/** null: empty. What is no number is shown as an error and not handed on. */
export function NumberField(props: FieldProps & {
  value: number | null;
  onChange: (value: number | null) => void;
  min?: number;
  max?: number;
  step?: number;
}) {
  const t = useT();
  const { value, onChange, min = -Infinity, max = Infinity } = props;
  const [draft, setDraft] = useState(value === null ? '' : String(value));
  // Another value from outside replaces what was typed; one's own does not ("1." is on its way).
  useEffect(() => setDraft((now) => (parseNumber(now) === value ? now : value === null ? '' : String(value))), [value]);
  const typed = parseNumber(draft);
  const wrong = typed === undefined || (typed !== null && (typed < min || typed > max));
  return (
    <AriaTextField
      className="field"
      value={draft}
      onChange={(text) => {
        setDraft(text);
        const next = parseNumber(text);
        if (next !== undefined && (next === null || (next >= min && next <= max))) onChange(next);
      }}
      inputMode={Number.isInteger(props.step ?? 1) ? 'numeric' : 'decimal'}
      isRequired={props.isRequired ?? false}
      isDisabled={props.isDisabled ?? false}
      isInvalid={wrong || props.error !== undefined}
      validationBehavior="aria"
    >
      <FieldLabel label={props.label} hidden={props.hideLabel} />
      <Input className="input num" dir="ltr" />
      <Below help={props.help} error={wrong ? t('ui.no_number') : props.error} />
    </AriaTextField>
  );
}

/** null: empty; undefined: no number. Takes Arabic digits too. */
export function parseNumber(text: string): number | null | undefined {
  const plain = latinDigits(text).trim().replace('٫', '.');
  if (plain === '') return null;
  return /^-?\d+(\.\d*)?$/.test(plain) ? Number(plain) : undefined;
}

export interface Option {
  id: string;
  label: string;
  /** An id rather than a word. */
  ident?: boolean;
}

/** One of a few. `null` is "any" when `any` names it. */
export function Select(props: FieldProps & {
  value: string | null;
  onChange: (value: string | null) => void;
  options: readonly Option[];
  any?: string;
}) {
  const options = props.any === undefined ? props.options : [{ id: '', label: props.any }, ...props.options];
  const known = options.some((option) => option.id === (props.value ?? ''));
  const shown = known || props.value === null ? options : [...options, { id: props.value, label: props.value }];
  return (
    <AriaSelect
      className="field"
      selectedKey={props.value ?? (props.any === undefined ? null : '')}
      onSelectionChange={(key: Key | null) => props.onChange(key === null || key === '' ? null : String(key))}
      isDisabled={props.isDisabled ?? false}
      isRequired={props.isRequired ?? false}
      isInvalid={props.error !== undefined}
      validationBehavior="aria"
    >
      <FieldLabel label={props.label} hidden={props.hideLabel} />
      <AriaButton className="input select-button">
        <SelectValue className="select-value" />
        <Icon name="chevronDown" size={16} />
      </AriaButton>
      <Below help={props.help} error={props.error} />
      <Popover className="popover">
        <ListBox className="listbox" items={shown}>
          {(option) => (
            <ListBoxItem id={option.id} textValue={option.label} className="listbox-item">
              {'ident' in option && option.ident ? <bdi dir="ltr">{option.label}</bdi> : option.label}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

export function Checkbox(props: {
  isSelected: boolean;
  isIndeterminate?: boolean;
  onChange: (selected: boolean) => void;
  children: ReactNode;
  isDisabled?: boolean;
}) {
  return (
    <AriaCheckbox
      className="checkbox"
      isSelected={props.isSelected}
      isIndeterminate={props.isIndeterminate ?? false}
      isDisabled={props.isDisabled ?? false}
      onChange={props.onChange}
    >
      {({ isSelected, isIndeterminate }) => (
        <>
          <span className="checkbox-box">
            {isIndeterminate ? <Icon name="dash" size={14} /> : isSelected ? <Icon name="check" size={14} /> : null}
          </span>
          <span>{props.children}</span>
        </>
      )}
    </AriaCheckbox>
  );
}

export function Switch(props: {
  isSelected: boolean;
  onChange: (selected: boolean) => void;
  children: ReactNode;
  isDisabled?: boolean;
}) {
  return (
    <AriaSwitch
      className="switch"
      isSelected={props.isSelected}
      isDisabled={props.isDisabled ?? false}
      onChange={props.onChange}
    >
      <span className="switch-track"><span className="switch-thumb" /></span>
      <span>{props.children}</span>
    </AriaSwitch>
  );
}

/** A few choices side by side, one of them chosen. */
export function Segmented<Id extends string>(props: {
  label: string;
  value: Id;
  options: readonly { id: Id; label: string }[];
  onChange: (value: Id) => void;
}) {
  return (
    <div className="segmented" role="radiogroup" aria-label={props.label}>
      {props.options.map((option) => (
        <label key={option.id} className="segment">
          <input
            type="radio"
            name={props.label}
            checked={props.value === option.id}
            onChange={() => props.onChange(option.id)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </div>
  );
}
