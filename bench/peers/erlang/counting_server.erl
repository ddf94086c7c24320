%% Counts requests. Compiled twice: with RELEASE 1 the state is {counted, N}, with RELEASE 2 {counted, N, Changes}.
-module(counting_server).
-behaviour(gen_server).
-vsn(?RELEASE).

-export([start_link/0]).
-export([init/1, handle_call/3, handle_cast/2]).
-if(?RELEASE =:= 2).
-export([code_change/3]).
-endif.

start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

-if(?RELEASE =:= 1).
init([]) -> {ok, {counted, 0}}.
handle_call(next, _, {counted, N}) -> {reply, {?RELEASE, N + 1}, {counted, N + 1}}.
-else.
init([]) -> {ok, {counted, 0, 0}}.
handle_call(next, _, {counted, N, Changes}) -> {reply, {?RELEASE, N + 1}, {counted, N + 1, Changes}}.

code_change({down, _}, {counted, N, _}, _) -> {ok, {counted, N}};
code_change(_, {counted, N}, _) -> {ok, {counted, N, 1}}.
-endif.

handle_cast(_, State) -> {noreply, State}.
