%% A node whose application `counting` is changed by release_handler between its releases 1 and 2, once for each line
%% "change" on standard input, answered by a line "changed". An HTTP server answers each request with the release and
%% the count of the gen_server.
%% Run by hotswap_bench: erl -noshell +S 2 ... -extra SOURCES FOLDER PORT
-module(release_node).
-export([main/0]).

main() ->
    [Sources, Folder, Port] = init:get_plain_arguments(),
    Releases = {make_release(Sources, Folder, 1), make_release(Sources, Folder, 2)},
    true = code:add_patha(filename:join(element(1, Releases), "ebin")),
    {ok, _} = application:ensure_all_started(sasl),
    ok = application:start(counting),
    {ok, Listener} = gen_tcp:listen(list_to_integer(Port), [binary, {ip, {127, 0, 0, 1}}, {packet, http_bin},
        {active, false}, {reuseaddr, true}, {nodelay, true}, {backlog, 128}]),
    spawn_link(fun() -> accept(Listener) end),
    io:format("ready~n"),
    serve(Releases, 1).

serve(Releases, Running) ->
    case io:get_line("") of
        "change\n" ->
            change(Running, element(3 - Running, Releases)),
            io:format("changed~n"),
            serve(Releases, 3 - Running);
        _ ->
            halt(0)
    end.

change(1, Folder) -> {ok, _} = release_handler:upgrade_app(counting, Folder);
change(2, Folder) -> {ok, _} = release_handler:downgrade_app(counting, "1", Folder).

%% The folder of the application as release handling wants it: counting-RELEASE/ebin with code, .app and .appup.
make_release(Sources, Folder, Release) ->
    Root = filename:join(Folder, "counting-" ++ integer_to_list(Release)),
    Ebin = filename:join(Root, "ebin"),
    ok = filelib:ensure_dir(filename:join(Ebin, "file")),
    [{ok, _} = compile:file(filename:join(Sources, Module), [report, {outdir, Ebin}, {d, 'RELEASE', Release}])
        || Module <- ["counting", "counting_server"]],
    write(filename:join(Ebin, "counting.app"),
        {application, counting, [{description, "counts"}, {vsn, integer_to_list(Release)},
            {modules, [counting, counting_server]}, {registered, [counting_server]},
            {applications, [kernel, stdlib]}, {mod, {counting, []}}]}),
    Change = [{update, counting_server, {advanced, []}}],
    Release =:= 2 andalso write(filename:join(Ebin, "counting.appup"), {"2", [{"1", Change}], [{"1", Change}]}),
    Root.

write(File, Term) -> ok = file:write_file(File, io_lib:format("~p.~n", [Term])).

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Peer = spawn(fun() -> receive go -> answer(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Peer),
    Peer ! go,
    accept(Listener).

answer(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, http_eoh} ->
            {Release, Count} = gen_server:call(counting_server, next, infinity),
            Body = io_lib:format("~b ~b", [Release, Count]),
            ok = gen_tcp:send(Socket, ["HTTP/1.1 200 OK\r\nContent-Length: ",
                integer_to_list(iolist_size(Body)), "\r\n\r\n", Body]),
            answer(Socket);
        {ok, _} ->
            answer(Socket);
        {error, _} ->
            gen_tcp:close(Socket)
    end.
