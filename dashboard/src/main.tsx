import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app';
import { loadMessages } from './i18n/context';
import type { Language } from './i18n/language';
import './styles/index.css';

const language: Language = document.documentElement.lang === 'ar' ? 'ar' : 'en';
const root = document.getElementById('root');
if (!root) throw new Error('no #root');
// Not awaited at the top level: files that wait for each other would never start.
void loadMessages(language).then((messages) => createRoot(root).render(
  <StrictMode><App first={{ language, messages }} /></StrictMode>,
));
