# barid_embed_sql(TARGET DIRECTORY): every NNNN_name.sql of the directory becomes a row of
# `barid::queue::embedded_migrations()`, in order of its number; rebuilt when a file changes.
function(barid_embed_sql target directory)
    file(GLOB files CONFIGURE_DEPENDS ${directory}/*.sql)
    list(SORT files)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded_migrations.cpp)
    add_custom_command(
        OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DOUT=${out} "-DFILES=${files}"
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_sql_script.cmake
        DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/embed_sql_script.cmake
        VERBATIM)
    target_sources(${target} PRIVATE ${out})
    # The standard asks of compilers for 65,536 characters only; ours have no such limit.
    set_source_files_properties(${out} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
endfunction()

# barid_embed_example(TARGET DIRECTORY): every NN_name.sql of the directory, in order, and then its
# other .sql files, become `barid::worker::example_shop()`.
function(barid_embed_example target directory)
    file(GLOB numbered CONFIGURE_DEPENDS ${directory}/[0-9]*.sql)
    file(GLOB all CONFIGURE_DEPENDS ${directory}/*.sql)
    list(SORT numbered)
    set(others ${all})
    list(REMOVE_ITEM others ${numbered})
    list(SORT others)
    set(files ${numbered} ${others})
    set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded_example_shop.cpp)
    add_custom_command(
        OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DOUT=${out} "-DFILES=${files}"
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_example_script.cmake
        DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/embed_example_script.cmake
        VERBATIM)
    target_sources(${target} PRIVATE ${out})
    set_source_files_properties(${out} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
endfunction()
