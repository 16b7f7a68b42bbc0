/* Claim, settle, close_epoch and rescue of batches: queue/claimer.cpp, settler.cpp, and
   barid.settle, requeue_claim, rescue, close_epoch of migration 0001. Three jobs; a claim takes one
   or two of them. Process 0 loses its lease and registers again, loses answers of claims and of
   settles, is killed; process 1 works beside it without such trouble. Time is left out: a lease
   may be over at any moment, and a rescuer comes only after that (lease.pml proves that it doesn't
   come earlier).

   A claim is a statement in flight: it takes its worker's row FOR KEY SHARE when it begins, is
   visible when it commits, and may do both long after its worker has given it up. Its commit is
   asynchronous: a crash of the server may forget it, with everything of it. Settles, rescues and
   close_epoch are synchronous, which flushes what was committed before them.

   Promises (assertions):
    A1 a settle that is accepted comes from the worker that holds the job's present claim
    A2 no handler starts while another worker's runs under a live lease (a forgotten claim apart)
    A3 at the end every job is done or waits for a claim, and no claim row is left
    A4 a job that succeeded is not run again while its worker's lease goes on (likewise)
    A5 a settle is answered `already` only when it was applied
    A6 attempts are at least as many as starts of handlers (no crash), so that poison jobs end
    A7 the outcome of a live lease is never refused as stale (likewise)
   -DCRASH       the server crashes once, forgets claims and cuts every session
   -DSTEADY      no lease ends: what is forgotten under a live one stays forgotten
   Wrong on purpose, each must fail:
   -DNOFENCE     (with STEADY) the claim neither locks nor checks its worker's row and epoch
   -DNOEPOCH     (with STEADY) close_epoch doesn't close the epoch: a claim still on its way takes effect
   -DNODOUBT     (with STEADY) a claim whose answer is lost is not looked for
   -DEARLYREAD   (with CASCADE) the rescue reads the claims before it has locked the worker's row
   -DCASCADE     claim rows vanish with their worker's row; alone it does no harm
   -DANYTOKEN    the settle doesn't compare the claim's token
   -DRESCUEALL   the rescue puts back all jobs of the claim row, whoever has claimed them since
   -DEARLYTICKET the claim's row goes with the first of its jobs that is settled
   -DKEEPTOKEN   a job that is put back keeps its token: a late settle is told `already`
   -DREFUND      the rescue gives the attempt back
   -DLATEANSWER  a claim's answer is used though another lease has begun since
   -DSEQTOKEN    (with CRASH) tokens come from a sequence that a crash sets back */
#define NJ 3
#define NW 2
#ifndef LEASES0
#define LEASES0 2              /* process 0 registers so often, process 1 once */
#endif
#define ROWS (LEASES0 + 1)
#ifndef CLAIMS
#define CLAIMS 2               /* in all */
#endif
#define TOKENS (CLAIMS + 1)

mtype = { idle, sent, begun, answered };

/* database */
byte jst[NJ];                  /* 0 waiting, 1 running, 2 done */
byte jtok[NJ]; byte jatt[NJ];
bool there[ROWS]; byte epoch[ROWS]; byte shares[ROWS];   /* barid.worker; KEY SHARE locks */
bool cthere[TOKENS]; byte crow[TOKENS]; byte cmask[TOKENS]; byte ctok[TOKENS];
bool cdurable[TOKENS]; byte claims = 0; byte nexttok = 1;
/* what was settled by which token, for `already`: bit per job */
byte applied[TOKENS];
/* statements in flight: two a lease, as one may be left on a broken connection */
mtype fst[ROWS * 2]; byte fclaim[ROWS * 2]; byte fepoch[ROWS * 2]; bool flost[ROWS * 2];
/* processes */
bool alive[NW]; bool lease[ROWS]; bool fenced[ROWS]; bool used[ROWS];
byte ep[ROWS]; bool doubt[ROWS];
byte known[ROWS];              /* ledger: claims with unsettled jobs, a bit each */
byte closing[ROWS];            /* fully settled, their rows go later */
byte h[ROWS * NJ];             /* 0 none, 1 handler runs, 3 succeeded, 4 wants a retry */
byte hclaim[ROWS * NJ];
byte left[TOKENS];             /* unsettled jobs of a claim, as its process counts them */
byte starts[NJ]; bool forgot[NJ];
bool crashed = false; bool lostclaim = false; bool lostsettle = false; bool retried = false;
bool died = false;

#define BIT(i) (1 << (i))

#ifdef RESCUEALL
#define HIS(j, c) true
#else
#define HIS(j, c) (jtok[j] == ctok[c])
#endif
#ifdef NODOUBT
#define DOUBT(r) false
#else
#define DOUBT(r) doubt[r]
#endif

inline flush() { cdurable[0] = true; for (x : 1 .. CLAIMS) { cdurable[x] = true } }

/* requeue_claim: jobs of claim c that still carry its token wait again */
inline requeue(c, refund) {
  for (j : 0 .. NJ - 1) {
    if
    :: ((cmask[c] & BIT(j)) && jst[j] == 1 && (HIS(j, c))) ->
        jst[j] = 0;
#ifndef KEEPTOKEN
        jtok[j] = 0;
#endif
        if :: (refund) -> jatt[j]-- :: else fi
    :: else
    fi
  };
  cthere[c] = false
}

/* a statement that a worker sent: it goes on whether or not anybody waits for it */
active proctype Server() {
  byte f; byte c; byte j; byte r; byte n; byte x;
end:
  do
  :: atomic {
       if
       :: fst[0] == sent -> f = 0 :: fst[1] == sent -> f = 1 :: fst[2] == sent -> f = 2
       :: fst[3] == sent -> f = 3 :: fst[4] == sent -> f = 4 :: fst[5] == sent -> f = 5
       fi;
       r = f / 2;
#ifdef NOFENCE
       fst[f] = begun
#else
       if
       :: (there[r] && epoch[r] == fepoch[f]) -> shares[r]++; fst[f] = begun
       :: else -> cmask[fclaim[f]] = 0; fst[f] = (flost[f] -> idle : answered)
       fi
#endif
       ; f = 0; r = 0 }
  :: atomic {
       if
       :: fst[0] == begun -> f = 0 :: fst[1] == begun -> f = 1 :: fst[2] == begun -> f = 2
       :: fst[3] == begun -> f = 3 :: fst[4] == begun -> f = 4 :: fst[5] == begun -> f = 5
       fi;
       r = f / 2; c = fclaim[f]; n = 0;
       if
       :: there[r] ->
          for (j : 0 .. NJ - 1) {
            if
            :: (jst[j] == 0 && n < 2) ->
               if
               :: n++; jst[j] = 1; jtok[j] = ctok[c]; jatt[j]++; cmask[c] = cmask[c] | BIT(j)
               :: n > 0 -> skip       /* the demand was one */
               fi
            :: else
            fi
          };
          if :: n > 0 -> cthere[c] = true; cdurable[c] = false :: else fi
       :: else -> skip               /* the foreign key refuses it */
       fi;
#ifndef NOFENCE
       shares[r]--;
#endif
       fst[f] = (flost[f] -> idle : answered);
       f = 0; c = 0; j = 0; r = 0; n = 0 }
  od
}

/* One process; `first` is its first lease's row, `last` its last one's. */
proctype Worker(byte me; byte first; byte last) {
  byte r = first; byte f; byte c; byte j; byte x; bool lose; bool any;
  atomic { alive[me] = true; used[r] = true; there[r] = true; epoch[r] = 1; ep[r] = 1;
           lease[r] = true };
end:
  do
  /* claim: one at a time, after doubts are resolved */
  :: atomic { (alive[me] && lease[r] && !fenced[r] && claims < CLAIMS && !DOUBT(r) &&
       (fst[r * 2] == idle || flost[r * 2]) && (fst[r * 2 + 1] == idle || flost[r * 2 + 1]) &&
       (fst[r * 2] == idle || fst[r * 2 + 1] == idle)) ->
       f = (fst[r * 2] == idle -> r * 2 : r * 2 + 1);
       claims++; c = claims; ctok[c] = nexttok; nexttok++; crow[c] = r; cmask[c] = 0;
       cdurable[c] = true;
       fclaim[f] = c; fepoch[f] = ep[r]; flost[f] = false; fst[f] = sent; f = 0; c = 0 }

  /* its answer; of a lease that has been replaced, it is of no interest */
  :: atomic { (alive[me] &&
       ((fst[first * 2] == answered && !flost[first * 2]) ||
        (fst[first * 2 + 1] == answered && !flost[first * 2 + 1]) ||
        (fst[last * 2] == answered && !flost[last * 2]) ||
        (fst[last * 2 + 1] == answered && !flost[last * 2 + 1]))) ->
       if
       :: (fst[first * 2] == answered && !flost[first * 2]) -> f = first * 2
       :: (fst[first * 2 + 1] == answered && !flost[first * 2 + 1]) -> f = first * 2 + 1
       :: (fst[last * 2] == answered && !flost[last * 2]) -> f = last * 2
       :: (fst[last * 2 + 1] == answered && !flost[last * 2 + 1]) -> f = last * 2 + 1
       fi;
       c = fclaim[f]; fst[f] = idle;
       if
#ifdef LATEANSWER
       :: (cmask[c] && lease[r] && !fenced[r]) ->
#else
       :: (cmask[c] && f / 2 == r && lease[r] && !fenced[r]) ->
#endif
          known[r] = known[r] | BIT(c);
          for (j : 0 .. NJ - 1) {
            if
            :: (cmask[c] & BIT(j)) ->
               for (x : 0 .. ROWS - 1) {
                 if
                 :: x != r -> assert(!(h[x * NJ + j] == 1 && lease[x]) || forgot[j]);      /* A2 */
                              assert(!(h[x * NJ + j] == 3 && lease[x]) || forgot[j])       /* A4 */
                 :: else -> assert(h[x * NJ + j] == 0 || h[x * NJ + j] == 4 || forgot[j])
                 fi
               };
               if
               :: h[r * NJ + j] >= 3 ->
                  /* its retry was written, the answer lost, and the job came back to it; or the
                     claim was forgotten: to say it (again) would be stale */
                  x = hclaim[r * NJ + j]; left[x]--; h[r * NJ + j] = 0;
                  if :: (left[x] == 0 && (known[r] & BIT(x))) ->
                        known[r] = known[r] & ~BIT(x); closing[r] = closing[r] | BIT(x)
                     :: else fi
               :: else
               fi;
               if
               :: h[r * NJ + j] == 1 ->
                  /* a forgotten claim of its own, whose handler still runs: handed back */
                  jst[j] = 0; jtok[j] = 0; jatt[j]--
               :: else ->
                  h[r * NJ + j] = 1; hclaim[r * NJ + j] = c; left[c]++; starts[j]++;
                  assert(jatt[j] >= starts[j] || crashed)                                  /* A6 */
               fi
            :: else
            fi
          };
          if :: left[c] == 0 -> known[r] = known[r] & ~BIT(c); closing[r] = closing[r] | BIT(c)
             :: else fi
       :: else -> skip
       fi;
       f = 0; c = 0; j = 0; x = 0 }

  /* the answer is lost: the claim connection breaks, the statement goes on */
  :: atomic { (me == 0 && alive[me] && !lostclaim &&
       ((fst[r * 2] != idle && !flost[r * 2]) || (fst[r * 2 + 1] != idle && !flost[r * 2 + 1]))) ->
       lostclaim = true; doubt[r] = true;
       f = ((fst[r * 2] != idle && !flost[r * 2]) -> r * 2 : r * 2 + 1);
       flost[f] = true; if :: fst[f] == answered -> fst[f] = idle :: else fi; f = 0 }

  /* close_epoch: waits for a claim that holds the row */
  :: atomic { (alive[me] && lease[r] && !fenced[r] && doubt[r] && shares[r] == 0) ->
#ifndef NODOUBT
       if
       :: there[r] ->
#ifndef NOEPOCH
          epoch[r]++; ep[r] = epoch[r];
#endif
          for (c : 1 .. CLAIMS) {
            if :: (cthere[c] && crow[c] == r && !((known[r] | closing[r]) & BIT(c))) -> requeue(c, true)
               :: else fi
          };
          flush()
       :: else -> lease[r] = false
       fi;
#endif
       doubt[r] = false; c = 0; j = 0; x = 0 }

  /* a handler ends; it may well do so after the lease is over and before the fence */
  :: atomic { (alive[me] && !fenced[r] && h[r * NJ] == 1) -> h[r * NJ] = 3 }
  :: atomic { (alive[me] && !fenced[r] && h[r * NJ + 1] == 1) ->
       if :: h[r * NJ + 1] = 3 :: (me == 0 && !retried) -> retried = true; h[r * NJ + 1] = 4 fi }
  :: atomic { (alive[me] && !fenced[r] && h[r * NJ + 2] == 1) -> h[r * NJ + 2] = 3 }

  /* the lease is over: time passed. Afterwards the process notices, stops its handlers, and
     may register again; outcomes that it has it still tries to write */
#ifndef STEADY
  :: atomic { (me == 0 && alive[me] && lease[r]) -> lease[r] = false }
#endif
  :: atomic { (alive[me] && !lease[r] && !fenced[r]) -> fenced[r] = true;
       for (j : 0 .. NJ - 1) { if :: h[r * NJ + j] == 1 -> h[r * NJ + j] = 0; hclaim[r * NJ + j] = 0 :: else fi };
       known[r] = 0; closing[r] = 0; j = 0 }
  :: atomic { (alive[me] && fenced[r] && r != last) -> r = last; used[r] = true; there[r] = true;
       epoch[r] = 1; ep[r] = 1; lease[r] = true }

  /* a batch of outcomes, of this lease and of the one before; the answer may get lost */
  :: atomic {
       if
       :: (h[first * NJ] >= 3 || h[first * NJ + 1] >= 3 || h[first * NJ + 2] >= 3) -> f = first
       :: (h[last * NJ] >= 3 || h[last * NJ + 1] >= 3 || h[last * NJ + 2] >= 3) -> f = last
       fi;
       if :: lose = false
          :: (me == 0 && !lostsettle && alive[me]) -> lose = true; lostsettle = true fi;
       any = false;
       for (j : 0 .. NJ - 1) {
         if
         :: h[f * NJ + j] >= 3 ->
            c = hclaim[f * NJ + j];
            if
#ifdef ANYTOKEN
            :: jst[j] == 1 ->
#else
            :: (jst[j] == 1 && jtok[j] == ctok[c]) ->
#endif
               assert(cthere[c] && crow[c] == f && (cmask[c] & BIT(j)));                   /* A1 */
               jst[j] = (h[f * NJ + j] == 3 -> 2 : 0);
               applied[c] = applied[c] | BIT(j);
#ifdef EARLYTICKET
               cthere[c] = false;
#endif
               any = true
            :: (!(jst[j] == 1 && jtok[j] == ctok[c]) && jst[j] != 1 && jtok[j] == ctok[c]) ->
               assert(applied[c] & BIT(j))                                                 /* A5 */
            :: else -> assert(!lease[f] || forgot[j] || (applied[c] & BIT(j)))             /* A7 */
            fi;
            if
            :: !lose ->
               h[f * NJ + j] = 0; hclaim[f * NJ + j] = 0; left[c]--;
               if
               :: (left[c] == 0 && (known[f] & BIT(c))) ->
                  known[f] = known[f] & ~BIT(c); closing[f] = closing[f] | BIT(c)
               :: else
               fi
            :: else
            fi
         :: else
         fi
       };
       if :: any -> flush() :: else fi;
       f = 0; c = 0; j = 0; x = 0; lose = false; any = false }

  /* the rows of fully settled claims go with a later batch */
  :: atomic { (alive[me] && closing[r] != 0) ->
       for (c : 1 .. CLAIMS) { if :: (closing[r] & BIT(c)) -> cthere[c] = false :: else fi };
       closing[r] = 0; c = 0 }

#ifndef STEADY
  /* kill -9; a settle may be on its way */
  :: atomic { (me == 0 && alive[me] && !died) -> died = true; alive[me] = false; lease[r] = false;
       fenced[r] = true;
       for (j : 0 .. NJ - 1) {
         if
         :: h[r * NJ + j] == 1 -> h[r * NJ + j] = 0
         :: h[r * NJ + j] >= 3 -> if :: h[r * NJ + j] = 0 :: true fi
         :: else
         fi
       };
       flost[r * 2] = true; flost[r * 2 + 1] = true;
       if :: fst[r * 2] == answered -> fst[r * 2] = idle :: else fi;
       if :: fst[r * 2 + 1] == answered -> fst[r * 2 + 1] = idle :: else fi;
       j = 0 }
#endif
  od
}

/* Any third process. It takes a lease that is over, and never waits for a claim in flight (SKIP
   LOCKED): it comes again. */
active proctype Rescuer() {
  byte r; byte c; byte j; byte x; byte seen; bool refused;
end:
  do
  :: atomic {
       if
       :: (there[0] && !lease[0] && used[0]) -> r = 0
       :: (there[1] && !lease[1] && used[1]) -> r = 1
       :: (there[2] && !lease[2] && used[2]) -> r = 2
       fi;
#ifndef EARLYREAD
       if :: shares[r] == 0 :: else -> goto later fi;
#endif
       seen = 0;
       for (c : 1 .. CLAIMS) {
         if :: (cthere[c] && crow[c] == r) -> seen = seen | BIT(c) :: else fi
       };
#ifdef EARLYREAD
       c = 0 };
     atomic { (shares[r] == 0 && there[r]) ->
#endif
       refused = false;
       for (c : 1 .. CLAIMS) {
         if :: (cthere[c] && crow[c] == r && !(seen & BIT(c))) ->
#ifdef CASCADE
               cthere[c] = false
#else
               refused = true          /* the foreign key */
#endif
            :: else fi
       };
       if
       :: !refused ->
          for (c : 1 .. CLAIMS) {
            if
            :: (cthere[c] && (seen & BIT(c))) ->
#ifdef REFUND
               requeue(c, true)
#else
               requeue(c, false)
#endif
            :: else
            fi
          };
          there[r] = false;
          flush()
       :: else
       fi;
later: r = 0; c = 0; j = 0; x = 0; seen = 0; refused = false }
  od
}

#ifdef CRASH
active proctype Crash() {
  byte c; byte j; byte f; byte r;
  atomic { (!crashed && claims > 0) -> crashed = true;
    for (c : 1 .. CLAIMS) {
      if
      :: (cthere[c] && !cdurable[c]) ->
         for (j : 0 .. NJ - 1) {
           if
           :: ((cmask[c] & BIT(j)) && jtok[j] == ctok[c]) ->
              jst[j] = 0; jtok[j] = 0; jatt[j]--; forgot[j] = true
           :: else
           fi
         };
         cthere[c] = false;
#ifdef SEQTOKEN
         if :: ctok[c] < nexttok -> nexttok = ctok[c] :: else fi
#endif
      :: else
      fi
    };
    for (f : 0 .. ROWS * 2 - 1) {
      if
      :: fst[f] != idle ->
         r = f / 2;
         if :: fst[f] == begun ->
#ifndef NOFENCE
            shares[r]--
#else
            skip
#endif
            :: else fi;
         if :: !flost[f] -> doubt[r] = true :: else fi;
         fst[f] = idle; flost[f] = true
      :: else
      fi
    };
    c = 0; j = 0; f = 0; r = 0 }
}
#endif

init {
  byte i;
  atomic {
    for (i : 0 .. ROWS * 2 - 1) { fst[i] = idle };
    i = 0;
    run Worker(0, 0, LEASES0 - 1); run Worker(1, ROWS - 1, ROWS - 1)
  };
  timeout ->
  for (i : 0 .. NJ - 1) { assert(jst[i] != 1) };                                           /* A3 */
  for (i : 1 .. CLAIMS) { assert(!cthere[i]) }                                             /* A3 */
}
