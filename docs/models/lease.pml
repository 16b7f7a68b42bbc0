/* The lease of a worker process, in discrete time: queue/lease.cpp, queue/rescue.cpp,
   barid.rescue, and the executor's question before each start. Two worker processes and one job,
   which stands for a claim of any size (claim.pml has batches); every other process may rescue.

   A renewal is sent, takes effect on the server, and is answered, each at its own time. The deadline
   counts from the moment it was sent. A rescuer looks at the counters now and then; one that
   has stood still on its own clock for a TTL is over, and the rescue compares the counter again
   under the row's lock. Workers may stand still at any point, for any time; process 0 renews twice
   and may be killed, process 1 registers at any time and doesn't renew.

   Promises (assertions):
    L1 a lease is taken only after its holder's own deadline has passed
    L2 no handler starts while another one of the job runs under a live lease, nor without one
    L3 at the end the job belongs to nobody who is gone
   Wrong on purpose, each must fail:
   -DDBCLOCK      rescues compare the database's clock with renewed_at; it may step forward
   -DLATEDEADLINE the deadline counts from the answer
   -DNORECHECK    the rescue doesn't compare the counter again
   -DSHORTWATCH   the rescuer waits for less than the TTL
   -DNOSTARTCHECK a job that was claimed in time is started without looking at the lease again
   -DNOFENCE      handlers go on after the deadline, and their lease counts as live */
#define TTL 2
#ifndef MAXT
#define MAXT 5
#endif
#define NOBODY 2
byte t = 0; byte skew = 0;
/* barid.worker */
bool there[2]; byte renewals[2];
#ifdef DBCLOCK
byte renewed[2];
#define NOTE_TIME renewed[me] = t + skew
#else
#define NOTE_TIME skip
#endif
/* barid.job */
byte owner = NOBODY;
/* the processes' own */
byte deadline[2]; bool holds[2]; bool runs[2]; bool gone[2];

#ifdef NOFENCE
#define LIVE(w) (runs[w] && !gone[w])
#else
#define LIVE(w) (runs[w] && !gone[w] && t < deadline[w])
#endif

proctype Renewal(byte me) {
  byte sentat; bool hit;
  atomic { there[me] = true; deadline[me] = t + TTL; NOTE_TIME };
end:
  do
  :: atomic { (!gone[me] && there[me] && t < deadline[me] && t < MAXT && me == 0 && renewals[0] < 2) ->
       sentat = t };
     atomic { hit = there[me];
       if :: hit -> renewals[me]++; NOTE_TIME :: else fi };
     atomic {
       if
#ifdef LATEDEADLINE
       :: hit -> deadline[me] = t + TTL
#else
       :: hit -> deadline[me] = (sentat + TTL > deadline[me] -> sentat + TTL : deadline[me])
#endif
       :: else -> deadline[me] = (t < deadline[me] -> t : deadline[me])
       fi;
       sentat = 0; hit = false }
  :: atomic { (gone[me] || !there[me]) -> break }
  od
}

proctype Io(byte me) {
end:
  do
  /* the claim checks and locks the worker's row: the job is ours only while the row is there */
  :: atomic { (!gone[me] && owner == NOBODY && there[me] && t < deadline[me]) ->
       owner = me; holds[me] = true }
  /* the start, maybe much later */
  :: atomic { (!gone[me] && holds[me] && !runs[me]) ->
#ifndef NOSTARTCHECK
       if :: t >= deadline[me] -> holds[me] = false; goto next :: else fi;
#endif
       assert(!LIVE(1 - me));                                                     /* L2 */
       assert(t < deadline[me]);                                                  /* L2 */
       runs[me] = true }
next: skip
  /* it ends: the settle is accepted when the claim still stands */
  :: atomic { (!gone[me] && runs[me]) -> runs[me] = false; holds[me] = false;
       if :: owner == me -> owner = NOBODY :: else fi }
#ifndef NOFENCE
  :: atomic { (!gone[me] && runs[me] && t >= deadline[me]) -> runs[me] = false; holds[me] = false }
#endif
  :: atomic { (me == 0 && !gone[me]) -> gone[me] = true; runs[me] = false; holds[me] = false; break }   /* killed */
  od
}

proctype Rescuer() {
  byte seen[2]; byte since[2]; bool known[2]; byte w;
end:
  do
  :: atomic {
       if :: there[0] -> w = 0 :: there[1] -> w = 1 fi;
       if
       :: (!known[w] || seen[w] != renewals[w]) ->
          known[w] = true; seen[w] = renewals[w]; since[w] = t; goto again
       :: else
       fi;
#ifdef DBCLOCK
       if :: t + skew >= renewed[w] + TTL :: else -> goto again fi };
#else
#ifdef SHORTWATCH
       if :: t >= since[w] + TTL - 1 :: else -> goto again fi };
#else
       if :: t >= since[w] + TTL :: else -> goto again fi };
#endif
#endif
     /* barid.rescue, a statement later */
     atomic {
#ifndef NORECHECK
       if :: renewals[w] == seen[w] :: else -> goto again fi;
#endif
       assert(gone[w] || t >= deadline[w]);                                       /* L1 */
       there[w] = false; known[w] = false; seen[w] = 0; since[w] = 0;
       if :: owner == w -> owner = NOBODY :: else fi };
again: w = 0
  od
}

proctype Time() {
  do
  :: atomic { t < MAXT -> t++ }
#ifdef DBCLOCK
  :: atomic { (skew == 0 && t < MAXT) -> skew = TTL }
#endif
  :: t >= MAXT -> break
  od
}

init {
  atomic { run Renewal(0); run Renewal(1); run Io(0); run Io(1); run Rescuer(); run Time() };
  timeout -> assert(owner == NOBODY || (there[owner] && !gone[owner]))            /* L3 */
}
