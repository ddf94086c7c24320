%% Swaps the code of a table_server under load, once for every line "swap" on standard input, and answers with
%% one line: the pause in µs, then for each of before, during and after the swap
%%   calls  microseconds  p50  p99.9  max      (the latter three of one call, in ns)
%% Run by hotswap_bench: erl -noshell +S 2 ... -extra FOLDER KIND ROWS CALLERS
-module(measure).
-export([main/0]).

-define(SERVER, table_server).
-define(WINDOW, 50).  % ms of calls before and after a swap
%% The callers read this value to know the phase.
-define(BEFORE, 1).
-define(DURING, 2).
-define(AFTER, 3).
-define(STOP, 4).

main() ->
    [Folder, Kind, Rows, Callers] = init:get_plain_arguments(),
    Releases = {compile(Folder, 1), compile(Folder, 2)},
    load(prepare(element(1, Releases))),
    {ok, Server} = ?SERVER:start_link(list_to_atom(Kind), list_to_integer(Rows)),
    process_flag(priority, high),  % not to wait for the callers when the server has resumed
    io:format("ready~n"),
    serve(Server, Releases, 1, list_to_integer(Rows), list_to_integer(Callers)).

serve(Server, Releases, Running, Rows, Callers) ->
    case io:get_line("") of
        "swap\n" ->
            swap_under_load(Server, Releases, Running, Rows, Callers),
            serve(Server, Releases, 3 - Running, Rows, Callers);
        _ ->
            halt(0)
    end.

compile(Folder, Release) ->
    File = filename:join(Folder, atom_to_list(?SERVER)),
    {ok, ?SERVER, Code} = compile:file(File, [binary, report, {d, 'RELEASE', Release}]),
    Code.

%% Does every possible part of a load before the pause.
prepare(Code) ->
    code:purge(?SERVER),
    {ok, Prepared} = code:prepare_loading([{?SERVER, "", Code}]),
    Prepared.

load(Prepared) -> ok = code:finish_loading(Prepared).

swap_under_load(Server, Releases, Running, Rows, Callers) ->
    settle(Server),
    Prepared = prepare(element(3 - Running, Releases)),
    Phase = atomics:new(1, []),
    Crew = [start_caller(Server, Phase, Rows) || _ <- lists:seq(1, Callers)],
    T0 = enter(Phase, ?BEFORE),
    timer:sleep(?WINDOW),
    T1 = enter(Phase, ?DURING),
    Pause = swap(Server, Running, Prepared),
    T2 = enter(Phase, ?AFTER),
    timer:sleep(?WINDOW),
    T3 = enter(Phase, ?STOP),
    Taken = [receive {Caller, Histograms} -> Histograms end || Caller <- Crew],
    io:format("~.1f", [Pause / 1000]),
    [report(P, Length, Taken) || {P, Length} <- [{?BEFORE, T1 - T0}, {?DURING, T2 - T1}, {?AFTER, T3 - T2}]],
    io:format("~n").

%% Removes the remains of the last swap, garbage and a table, so that they do not slow the calls before this one.
settle(Server) ->
    erlang:garbage_collect(Server),
    timer:sleep(20),
    case statistics(total_active_tasks_all) of
        Busy when Busy > 1 -> settle(Server);
        _ -> ok
    end.

enter(Phase, Value) ->
    atomics:put(Phase, 1, Value),
    now_ns().

now_ns() -> erlang:monotonic_time(nanosecond).

%% The steps of release_handler: up, the new code is loaded and changes the state; down, the running code changes
%% it and the old is loaded then.
swap(Server, 1, Prepared) ->
    Began = now_ns(),
    ok = sys:suspend(Server, infinity),
    load(Prepared),
    ok = sys:change_code(Server, ?SERVER, 1, [], infinity),
    ok = sys:resume(Server, infinity),
    now_ns() - Began;
swap(Server, 2, Prepared) ->
    Began = now_ns(),
    ok = sys:suspend(Server, infinity),
    ok = sys:change_code(Server, ?SERVER, {down, 1}, [], infinity),
    load(Prepared),
    ok = sys:resume(Server, infinity),
    now_ns() - Began.

start_caller(Server, Phase, Rows) ->
    Driver = self(),
    spawn_link(fun() ->
        Histograms = {new_histogram(), new_histogram(), new_histogram()},
        call(Server, Phase, Rows, Histograms),
        Driver ! {self(), Histograms}
    end).

%% One call in ten writes.
call(Server, Phase, Rows, Histograms) ->
    Key = <<"key ", (integer_to_binary(rand:uniform(Rows) - 1))/binary>>,
    Write = rand:uniform(10) =:= 1,
    First = atomics:get(Phase, 1),
    Began = now_ns(),
    case Write of
        true -> ?SERVER:add(Server, Key, 1);
        false -> ?SERVER:read(Server, Key)
    end,
    Took = now_ns() - Began,
    case {First, atomics:get(Phase, 1)} of
        {_, ?STOP} -> ok;
        {0, _} -> call(Server, Phase, Rows, Histograms);
        {Same, Same} -> count(element(Same, Histograms), Took), call(Server, Phase, Rows, Histograms);
        %% A call that crosses the border of two phases counts as during the swap.
        _ -> count(element(?DURING, Histograms), Took), call(Server, Phase, Rows, Histograms)
    end.

%% Steps of 0.1 µs up to 0.1 ms, of 10 µs up to 10 ms, of 1 ms up to 10 s; the largest value is exact.
-define(BUCKETS, 12000).
new_histogram() -> counters:new(?BUCKETS + 1, []).

bucket(T) when T < 100000 -> T div 100 + 1;
bucket(T) when T < 10000000 -> 1001 + T div 10000;
bucket(T) -> min(2001 + T div 1000000, ?BUCKETS).

value(B) when B =< 1000 -> B * 100;
value(B) when B =< 2000 -> (B - 1000) * 10000;
value(B) -> (B - 2000) * 1000000.

count(Histogram, Took) ->
    counters:add(Histogram, bucket(Took), 1),
    case counters:get(Histogram, ?BUCKETS + 1) of
        Largest when Took > Largest -> counters:put(Histogram, ?BUCKETS + 1, Took);
        _ -> ok
    end.

report(Phase, Length, Taken) ->
    Histograms = [element(Phase, T) || T <- Taken],
    Counts = [{B, lists:sum([counters:get(H, B) || H <- Histograms])} || B <- lists:seq(1, ?BUCKETS)],
    Calls = lists:sum([N || {_, N} <- Counts]),
    Max = lists:max([counters:get(H, ?BUCKETS + 1) || H <- Histograms]),
    io:format(" ~b ~.1f ~b ~b ~b",
              [Calls, Length / 1000, share(Counts, 0.5 * Calls, Max), share(Counts, 0.999 * Calls, Max), Max]).

share(_, _, 0) -> 0;
share([{B, N} | _], Left, Max) when N >= Left, N > 0 -> min(value(B), Max);
share([{_, N} | More], Left, Max) -> share(More, Left - N, Max);
share([], _, Max) -> Max.
