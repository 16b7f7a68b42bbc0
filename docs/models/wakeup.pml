/* How an idle worker learns of work: queue/wakeup.cpp, worker/fetcher.cpp, barid.wake (0001).
   Two workers that claim one or two of three jobs at once; one producer of two jobs in one
   transaction, one of a single job; either may roll back. There is no polling here beyond the
   protocol's own: while an older transaction runs, and while rows are locked by another's claim.

   producer : draws its xid with the insert, then tries the flag (AFTER trigger, barid.wake),
              commits (visible, xid gone), and the notification goes out if a flag was up
   worker   : claim (SKIP LOCKED) finds nothing -> flags up -> draws a transaction id, the barrier
              -> looks with a plain SELECT; sleeps only when nothing is due and nobody
              older than the barrier ran in a snapshot since. Flags may stay up while it works.

   Promise: when nothing moves any more, no visible free job lies beside a worker that sleeps.

   -DROLLBACK  a claim may abort after it locked rows; its worker ends
   -DSHORTSLOT a worker has one slot and keeps it for ever once it has a job
   Wrong on purpose, each must fail:
   -DNOBARRIER    sleeps without waiting for older transactions
   -DBARRIERFIRST draws the barrier before the flags are up
   -DKEEPPASSED   takes a barrier as passed though the flags were lowered and raised since
   -DEARLYTRY     the producer tries the flag before it has its transaction id
   -DSKIPCHECK    (with ROLLBACK) looks with SKIP LOCKED
   -DNOLOOK       sleeps without having looked after the flags were up
   -DTELLONE      (with SHORTSLOT) a notification reaches one sleeper only */
#define NW 2
#ifdef SKIPCHECK
#define LOCKSEEN 0
#else
#define LOCKSEEN 1
#endif
byte flags = 0;              /* shared holders of the queue's flag */
byte avail = 0;              /* committed, free jobs */
byte locked = 0;             /* jobs that a claim in flight has locked */
byte clock = 1;              /* the next transaction id */
byte pxid[2];                /* 0: not begun or over */
bool note[NW]; bool asleep[NW]; bool busy[NW];

#define OLDER(X) ((pxid[0] > 0 && pxid[0] < X) || (pxid[1] > 0 && pxid[1] < X))

inline notify() {
#ifdef TELLONE
  if :: note[0] = true :: note[1] = true fi
#else
  d_step { note[0] = true; note[1] = true }
#endif
}

proctype Producer(byte i; byte jobs) {
  bool tell; bool rb = false;
#ifdef EARLYTRY
  tell = (flags > 0);
  atomic { pxid[i] = clock; clock++ };
#else
  atomic { pxid[i] = clock; clock++ };
  tell = (flags > 0);
#endif
  if :: true :: rb = true fi;
  atomic { if :: !rb -> avail = avail + jobs :: else fi; pxid[i] = 0 };
  if :: (tell && !rb) -> notify() :: else fi
}

proctype Worker(byte me) {
  byte mine; byte X; bool up = false; bool passed = false; bool found;
claim:
  atomic {
    if
    :: avail >= 1 -> mine = 1
#ifndef SHORTSLOT
    :: avail >= 2 -> mine = 2
#endif
    :: avail == 0 -> mine = 0
    fi;
    avail = avail - mine; locked = locked + mine };
  if
  :: mine > 0 ->
#ifdef ROLLBACK
     if
     :: atomic { locked = locked - mine; avail = avail + mine; busy[me] = true;
          if :: up -> flags--; up = false :: else fi }; goto dead
     :: locked = locked - mine
     fi;
#else
     locked = locked - mine;
#endif
#ifdef SHORTSLOT
     atomic { busy[me] = true; if :: up -> flags--; up = false :: else fi }; goto dead
#else
     /* Wakeup::lower, when it has enough to do; or the flags stay up */
     if :: atomic { up -> flags--; up = false } :: true fi;
     goto claim
#endif
  :: else
  fi;
  /* Wakeup::raise */
  if
  :: !up ->
#ifdef BARRIERFIRST
     atomic { X = clock; clock++ };
     atomic { flags++; up = true };
#else
     atomic { flags++; up = true };
     atomic { X = clock; clock++ };
#endif
#ifndef KEEPPASSED
     passed = false
#endif
  :: else
  fi;
look:
#ifdef NOLOOK
  found = false; passed = true;
#else
  /* one statement, one snapshot */
  atomic {
    passed = (passed || !OLDER(X));
    found = (avail > 0 || (LOCKSEEN && locked > 0)) };
#endif
#ifdef NOBARRIER
  passed = true;
#endif
  if
  :: found ->
     /* due, but maybe another's claim has it locked: a short poll */
     if :: (avail > 0 || locked == 0) -> goto claim :: note[me] -> note[me] = false; goto claim fi
  :: else
  fi;
  if
  :: !passed ->
     /* the cautious poll: ends when the older ones have ended, or with a notification */
     if :: !OLDER(X) -> goto claim :: note[me] -> note[me] = false; goto claim fi
  :: else
  fi;
  asleep[me] = true;
endsleep:
  atomic { note[me] -> note[me] = false; asleep[me] = false };
  goto claim;
dead: skip
}

init {
  atomic { run Worker(0); run Worker(1); run Producer(0, 2); run Producer(1, 1) };
  timeout -> assert(!(avail > 0 && ((asleep[0] && !busy[0]) || (asleep[1] && !busy[1]))))
}
