import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app';
import { loadMessages } from './i18n/context';
import type { Language } from './i18n/language';
import './styles/index.css';

const language: Language = document.documentElement.lang === 'ar' ? 'ar' : 'en';
const root = document.getElementById('root');
if (!root) throw new Error('no #root');
const messages = await loadMessages(language);
createRoot(root).render(
  <StrictMode><App first={{ language, messages }} /></StrictMode>,
);
